(* The suprema behind the Rademacher complexities of the linear and of the quadratic class.  For fixed signs eps

     sup_{||W||_F <= B}     1/n sum_p eps_p f_L(x_p; P W) = B ||1/n sum_p eps_p P phi(x_p)||
     sup_{||W||_{2,4} <= B} 1/n sum_p eps_p f_Q(x_p; W)   = B^2/2 (1/m sum_r max(0, lambda_r)^2)^(1/2)

   with lambda_r the largest eigenvalue of A_r = 1/n sum_p eps_p a_r s2(w0_r.x_p) x_p x_p^T, the largest value of
   w^T A_r w on the unit sphere, which is attained.  Cauchy and Schwarz give the upper bounds, and a W is exhibited
   that attains each.  On average over all signs the first is at most
   B/n (sum_p ||P phi(x_p)||^2)^(1/2). *)
From Coq Require Import Reals Lra Lia Arith Psatz Classical_Prop.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model Signs Regularizer Certificate.
Open Scope R_scope.

(* A_r[i,j] = 1/n a_r sum_p eps_p s2(w0_r.x_p) x_p[i] x_p[j] *)
Definition signed_block (s2 : R -> R) (n d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps : nat -> R) (r i j : nat) : R :=
  / INR n * a r * sum n (fun p => eps p * s2 (dot d (w0 r) (X p)) * X p i * X p j).

(* The values 1/n sum_p eps_p f(x_p) over the two classes *)
Definition linear_values (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (B v : R) : Prop :=
  exists W, inner m d W W <= B ^ 2 /\
    v = / INR n * sum n (fun p => eps p * f_L s1 m d a w0 (apply m d P W) (X p)).
Definition quadratic_values (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps : nat -> R) (B v : R) : Prop :=
  exists W, sum m (fun r => dot d (W r) (W r) ^ 2) <= B ^ 4 /\
    v = / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p)).

Lemma form_scal d c C w : form d (fun i j => c * C i j) w = c * form d C w.
Proof.
  unfold form. rewrite !dot_double, <- sum_scal_l. apply sum_ext. intros i _. rewrite <- sum_scal_l.
  apply sum_ext. intros. ring.
Qed.

Lemma form_along d C c v : form d C (fun i => c * v i) = c ^ 2 * form d C v.
Proof.
  unfold form. rewrite !dot_double, <- sum_scal_l. apply sum_ext. intros i _. rewrite <- sum_scal_l.
  apply sum_ext. intros. ring.
Qed.

(* Cauchy and Schwarz for movements. *)
Lemma inner_cauchy_schwarz m d U V : inner m d U V <= sqrt (inner m d U U) * sqrt (inner m d V V).
Proof.
  set (u := fun r => sqrt (dot d (U r) (U r))). set (v := fun r => sqrt (dot d (V r) (V r))).
  apply (Rle_trans _ (dot m u v)).
  - apply sum_le. intros r _. eapply Rle_trans; [apply Rle_abs|]. apply cauchy_schwarz.
  - eapply Rle_trans; [apply Rle_abs|]. eapply Rle_trans; [apply cauchy_schwarz|]. apply Req_le.
    unfold inner. f_equal; f_equal; apply sum_ext; intros r _; apply sqrt_sqrt; apply dot_nonneg.
Qed.

Lemma root_quotient x S : 0 <= x -> 0 <= S -> / sqrt x * sqrt S = sqrt (/ x * S).
Proof.
  intros Hx HS. destruct (Req_dec x 0) as [->|H].
  - rewrite sqrt_0, Rinv_0, !Rmult_0_l, sqrt_0. reflexivity.
  - assert (0 < / x) by (apply Rinv_0_lt_compat; lra). rewrite sqrt_mult by lra. rewrite sqrt_inv.
    reflexivity.
Qed.

(* An average of nonnegative values is nonnegative, and at most the root of the average square. *)
Lemma average_nonneg n g : (forall eps, 0 <= g eps) -> 0 <= average n g.
Proof.
  revert g. induction n as [|n IH]; intros g H; [unfold average; simpl; specialize (H (fun _ => 1)); lra|].
  rewrite average_step. pose proof (IH (fun S => g (put n 1 S)) ltac:(intros; apply H)).
  pose proof (IH (fun S => g (put n (-1) S)) ltac:(intros; apply H)). lra.
Qed.

Lemma average_root n g : (forall eps, 0 <= g eps) -> average n g <= sqrt (average n (fun eps => g eps ^ 2)).
Proof.
  intros H. set (mu := average n g). pose proof (average_nonneg n g H) as P. fold mu in P.
  rewrite <- (sqrt_pow2 mu) by exact P. apply sqrt_le_1_alt.
  assert (S : 0 <= average n (fun eps => (g eps - mu) ^ 2))
    by (apply average_nonneg; intros; apply pow2_ge_0).
  rewrite (average_ext n _ (fun eps => g eps ^ 2 + (-2 * mu * g eps + mu ^ 2))) in S by (intros; ring).
  rewrite !average_plus, average_scal, average_const in S. fold mu in S. lra.
Qed.

(* 1/n sum_p eps_p f_Q(x_p;W) = m^(-1/2)/2 sum_r w_r^T A_r w_r *)
Theorem signed_sum : forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps : nat -> R) (W : nat -> nat -> R),
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  = / (2 * sqrt (INR m)) * sum m (fun r => form d (signed_block s2 n d a w0 X eps r) (W r)).
Proof.
  intros s2 n m d a w0 X eps W. rewrite quadratic_regrouped, ?inv_double, <- !sum_scal_l. apply sum_ext.
  intros r _.
  unfold bent, signed_block. rewrite (form_scal d (/ sqrt (INR m) * a r)), (form_scal d (/ INR n * a r)).
  ring.
Qed.

(* The upper bound on the quadratic class: with w^T A_r w <= lambda_r ||w||^2 for all w,
     1/n sum_p eps_p f_Q(x_p;W) <= B^2/2 (1/m sum_r max(0, lambda_r)^2)^(1/2)   if  sum_r ||w_r||^4 <= B^4 *)
Theorem quadratic_upper : forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R) (W : nat -> nat -> R),
  (forall r w, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) w <= lambda r * dot d w w) ->
  sum m (fun r => dot d (W r) (W r) ^ 2) <= B ^ 4 ->
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  <= B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2)).
Proof.
  intros s2 n m d a w0 X eps lambda B W Hlam HW. rewrite signed_sum, inv_double.
  rewrite <- root_quotient by (try apply pos_INR; apply sum_nonneg; intros; apply pow2_ge_0).
  set (g := fun r => Rmax 0 (lambda r)). set (q := fun r => dot d (W r) (W r)).
  assert (S : sum m (fun r => form d (signed_block s2 n d a w0 X eps r) (W r))
    <= sqrt (sum m (fun r => g r ^ 2)) * B ^ 2).
  { apply (Rle_trans _ (dot m g q)).
    - apply sum_le. intros r Hr. eapply Rle_trans; [apply Hlam; exact Hr|].
      apply Rmult_le_compat_r; [apply dot_nonneg|apply Rmax_r].
    - eapply Rle_trans; [apply Rle_abs|]. eapply Rle_trans; [apply cauchy_schwarz|].
      unfold dot at 1 2. rewrite (sum_ext m (fun r => g r * g r) (fun r => g r ^ 2)) by (intros; ring).
      rewrite (sum_ext m (fun r => q r * q r) (fun r => q r ^ 2)) by (intros; ring).
      apply Rmult_le_compat_l; [apply sqrt_pos|]. replace (B ^ 2) with (sqrt (B ^ 4));
        [apply sqrt_le_1_alt; exact HW|].
      replace (B ^ 4) with ((B ^ 2) ^ 2) by ring. apply sqrt_pow2. apply pow2_ge_0. }
  assert (0 <= / sqrt (INR m)).
  { destruct m; [simpl; rewrite sqrt_0, Rinv_0; lra|].
    apply Rlt_le, Rinv_0_lt_compat, sqrt_lt_R0, lt_0_INR. lia. }
  apply (Rmult_le_compat_l (/ 2 * / sqrt (INR m))) in S; [|lra].
  change (sum m (fun r => Rmax 0 (lambda r) ^ 2)) with (sum m (fun r => g r ^ 2)). lra.
Qed.

(* The maximiser over the quadratic class: w_r = B (max(0, lambda_r) / rho)^(1/2) e_r with unit vectors e_r and
   e_r^T A_r e_r = lambda_r, rho = (sum_r max(0, lambda_r)^2)^(1/2).  It attains the bound, its norm is at most
   B, and it is B if some lambda_r > 0 *)
Theorem quadratic_maximiser : forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X e : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R),
  (forall r, (r < m)%nat -> dot d (e r) (e r) = 1) ->
  (forall r, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) (e r) = lambda r) ->
  let rho := sqrt (sum m (fun r => Rmax 0 (lambda r) ^ 2)) in
  let W := fun r i => B * sqrt (Rmax 0 (lambda r) / rho) * e r i in
  sum m (fun r => dot d (W r) (W r) ^ 2) <= B ^ 4 /\
  (forall r, (r < m)%nat -> 0 < lambda r -> sum m (fun r => dot d (W r) (W r) ^ 2) = B ^ 4) /\
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  = B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2)).
Proof.
  intros s2 n m d a w0 X e eps lambda B He Hlam rho W. set (g := fun r => Rmax 0 (lambda r)).
  assert (Hg : forall r, 0 <= g r) by (intros; apply Rmax_l).
  assert (G : 0 <= sum m (fun r => g r ^ 2)) by (apply sum_nonneg; intros; apply pow2_ge_0).
  assert (R2 : sum m (fun r => g r ^ 2) = rho * rho) by (unfold rho; symmetry; apply sqrt_sqrt; exact G).
  assert (R0 : 0 <= / rho).
  { destruct (Req_dec rho 0) as [->|H]; [rewrite Rinv_0; lra|].
    apply Rlt_le, Rinv_0_lt_compat. assert (0 <= rho) by apply sqrt_pos. lra. }
  assert (Q : forall r, (B * sqrt (g r / rho)) ^ 2 = B ^ 2 * (g r * / rho)).
  { intros r. rewrite Rpow_mult_distr, pow2_sqrt; [reflexivity|]. apply Rmult_le_pos; [apply Hg|exact R0]. }
  assert (N : sum m (fun r => dot d (W r) (W r) ^ 2) = B ^ 4 * (rho * / rho) ^ 2).
  { replace (B ^ 4 * (rho * / rho) ^ 2) with (B ^ 4 * / rho ^ 2 * (rho * rho)).
    - rewrite <- R2, <- sum_scal_l. apply sum_ext. intros r Hr. unfold W.
      rewrite dot_scal_l, dot_scal_r, He by exact Hr. fold (g r).
      replace (B * sqrt (g r / rho) * (B * sqrt (g r / rho) * 1)) with ((B * sqrt (g r / rho)) ^ 2) by ring.
      rewrite Q, <- pow_inv. ring.
    - rewrite <- pow_inv. ring. }
  split; [|split].
  - rewrite N. destruct (Req_dec rho 0) as [->|H];
    [rewrite Rmult_0_l; pose proof (pow2_ge_0 (B ^ 2)); nra|].
    rewrite Rinv_r by exact H. lra.
  - intros r Hr Hpos. rewrite N. rewrite Rinv_r; [ring|]. intros Z. rewrite Z, Rmult_0_l in R2.
    assert (g r ^ 2 = 0) by (apply (sum_nonneg_eq0 m (fun r => g r ^ 2)); trivial; intros; apply pow2_ge_0).
    assert (lambda r <= g r) by apply Rmax_r. nra.
  - rewrite signed_sum, inv_double, <- root_quotient by (try apply pos_INR; exact G). fold rho.
    rewrite (sum_ext m _ (fun r => B ^ 2 * / rho * g r ^ 2)).
    + rewrite sum_scal_l, R2. destruct (Req_dec rho 0) as [->|H]; [ring|].
      replace (B ^ 2 * / rho * (rho * rho)) with (B ^ 2 * rho) by (field; exact H). unfold Rdiv. ring.
    + intros r Hr. unfold W. rewrite form_along, Hlam by exact Hr. fold (g r). rewrite Q.
      replace (g r ^ 2) with (g r * lambda r); [ring|]. unfold g, Rmax. destruct (Rle_dec 0 (lambda r));
        ring.
Qed.

(* Completing the square in the last entry: w^T C w = w'^T (C' - c b b^T) w' + c (w_d + b.w')^2, c = C_dd. *)
Lemma form_step d C (b w : nat -> R) :
  (forall i, (i < d)%nat -> 2 * C d d * b i = C i d + C d i) ->
  form (S d) C w = form d (fun i j => C i j - C d d * b i * b j) w + C d d * (w d + dot d b w) ^ 2.
Proof.
  intros H. set (c := C d d) in *.
  assert (E : form d (fun i j => C i j - c * b i * b j) w = form d C w - c * dot d b w ^ 2).
  { transitivity (sum d (fun i => w i * dot d (C i) w - c * dot d b w * (b i * w i))).
    - apply sum_ext. intros i _. replace (dot d (fun j => C i j - c * b i * b j) w)
        with (dot d (C i) w - c * b i * dot d b w); [ring|].
      unfold dot. rewrite <- sum_scal_l, <- sum_minus. apply sum_ext. intros. ring.
    - rewrite sum_minus, sum_scal_l. change (form d C w - c * dot d b w * dot d b w = form d C w - c * dot d b w ^ 2).
      ring. }
  assert (F : 2 * c * dot d b w = dot d w (fun i => C i d) + dot d (C d) w).
  { unfold dot. rewrite <- sum_scal_l, <- sum_plus. apply sum_ext. intros i Hi.
    rewrite <- Rmult_assoc, H by exact Hi. ring. }
  rewrite E. transitivity (sum d (fun i => w i * (dot d (C i) w + C i d * w d)) + w d * (dot d (C d) w + c * w d));
    [reflexivity|].
  rewrite (sum_ext d _ (fun i => w i * dot d (C i) w + w d * (w i * C i d))), sum_plus, sum_scal_l by (intros; ring).
  change (form d C w + w d * dot d w (fun i => C i d) + w d * (dot d (C d) w + c * w d)
    = form d C w - c * dot d b w ^ 2 + c * (w d + dot d b w) ^ 2).
  replace (dot d w (fun i => C i d)) with (2 * c * dot d b w - dot d (C d) w) by lra. ring.
Qed.

(* A form that is positive off 0 is at least some multiple delta > 0 of the square of the length. *)
Lemma coercive d : forall C, (forall w, 0 < dot d w w -> 0 < form d C w) ->
  exists delta, 0 < delta /\ forall w, delta * dot d w w <= form d C w.
Proof.
  induction d as [|d IH]; intros C H; [exists 1; split; [lra|intros; unfold form, dot; simpl; lra]|].
  assert (Hc : 0 < C d d).
  { assert (V : form (S d) C (fun i => delta i d) = C d d).
    { unfold form, dot. rewrite (sum_ext (S d) _ (fun i => delta i d * C i d)).
      - apply (sum_delta (S d) d (fun i => C i d)). lia.
      - intros. rewrite sum_delta_r by lia. reflexivity. }
    rewrite <- V. apply H. unfold dot. rewrite (sum_delta (S d) d (fun i => delta i d)), delta_same by lia. lra. }
  set (b := fun i => (C i d + C d i) / (2 * C d d)).
  assert (Step := fun w => form_step d C b w ltac:(intros; unfold b; field; lra)).
  destruct (IH (fun i j => C i j - C d d * b i * b j)) as [e [He Hw]].
  - intros w Hq. pose proof (Step (put d (- dot d b w) w)) as F. pose proof (H (put d (- dot d b w) w)) as K.
    assert (P : forall i, (i < d)%nat -> put d (- dot d b w) w i = w i) by (intros; apply put_other; lia).
    unfold dot at 1 in K. cbn [sum] in K. rewrite put_same in K.
    assert (D : forall u, dot d u (put d (- dot d b w) w) = dot d u w)
      by (intros; apply sum_ext; intros i Hi; rewrite P by exact Hi; reflexivity).
    rewrite put_same, D in F.
    rewrite (sum_ext d _ (fun i => w i * w i)) in K by (intros i Hi; rewrite P by exact Hi; reflexivity).
    fold (dot d w w) in K. pose proof (pow2_ge_0 (dot d b w)).
    replace (form d (fun i j => C i j - C d d * b i * b j) w) with (form (S d) C (put d (- dot d b w) w));
      [apply K; nra|].
    rewrite F. replace (- dot d b w + dot d b w) with 0 by ring.
    replace (form d (fun i j => C i j - C d d * b i * b j) (put d (- dot d b w) w))
      with (form d (fun i j => C i j - C d d * b i * b j) w); [ring|].
    unfold form. apply sum_ext. intros i Hi. rewrite P, D by exact Hi. reflexivity.
  - pose proof (dot_nonneg d b) as B.
    exists (Rmin (C d d / 2) (e / (1 + 2 * dot d b b))).
    assert (0 < e / (1 + 2 * dot d b b)) by (apply Rdiv_lt_0_compat; lra).
    set (k := Rmin (C d d / 2) (e / (1 + 2 * dot d b b))).
    assert (K1 : k <= C d d / 2) by apply Rmin_l.
    assert (K2 : k * (1 + 2 * dot d b b) <= e).
    { pose proof (Rmin_r (C d d / 2) (e / (1 + 2 * dot d b b))) as M. fold k in M.
      apply (Rmult_le_compat_r (1 + 2 * dot d b b)) in M; [|lra].
      unfold Rdiv in M. rewrite (Rmult_assoc e), Rinv_l in M by lra. lra. }
    assert (K0 : 0 < k) by (apply Rmin_glb_lt; lra). split; [exact K0|]. intros w. rewrite Step.
    specialize (Hw w). pose proof (cauchy_schwarz_sq d b w) as CS. pose proof (dot_nonneg d w) as Q.
    unfold dot at 1. cbn [sum]. fold (dot d w w).
    set (q := dot d w w) in *. set (g := dot d b w) in *. set (t := w d) in *.
    apply Rle_trans with (k * (2 * (t + g) ^ 2 + (1 + 2 * dot d b b) * q)).
    + apply Rmult_le_compat_l; [lra|]. pose proof (pow2_ge_0 (t + 2 * g)). nra.
    + pose proof (pow2_ge_0 (t + g)). nra.
Qed.

(* Every matrix C has a largest value l of w^T C w on the unit sphere, attained at a unit vector e.  Otherwise l would
   not be the least upper bound: l ||w||^2 - w^T C w would be positive off 0, so at least delta ||w||^2. *)
Theorem largest_value : forall (d : nat) (C : nat -> nat -> R), (0 < d)%nat ->
  exists (l : R) (e : nat -> R),
  dot d e e = 1 /\ form d C e = l /\ forall w, form d C w <= l * dot d w w.
Proof.
  intros d C Hd. set (E := fun x => forall w, x * dot d w w <= - form d C w).
  assert (Sq : forall w i, (i < d)%nat -> w i * w i <= dot d w w)
    by (intros w i Hi; apply (sum_term_le d (fun i => w i * w i)); [intros; apply Rle_0_sqr|exact Hi]).
  destruct (completeness E) as [s [Up Least]].
  { exists (- form d C (fun i => delta i 0)). intros x Hx. specialize (Hx (fun i => delta i 0)).
    unfold dot in Hx. rewrite (sum_delta d 0 (fun i => delta i 0)), delta_same in Hx by exact Hd. lra. }
  { exists (- sum d (fun i => sum d (fun j => Rabs (C i j)))). intros w. unfold form. rewrite dot_double.
    assert (sum d (fun i => sum d (fun j => w i * C i j * w j))
      <= sum d (fun i => sum d (fun j => Rabs (C i j))) * dot d w w); [|lra].
    rewrite <- sum_scal_r. apply sum_le. intros i Hi. rewrite <- sum_scal_r. apply sum_le. intros j Hj.
    eapply Rle_trans; [apply Rle_abs|]. replace (w i * C i j * w j) with (C i j * (w i * w j)) by ring.
    rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|].
    pose proof (Sq w i Hi). pose proof (Sq w j Hj). apply Rabs_le. nra. }
  assert (In : E s).
  { intros w. destruct (dot_nonneg d w) as [Q|Q].
    - apply (Rmult_le_reg_r (/ dot d w w)); [apply Rinv_0_lt_compat, Q|].
      rewrite Rmult_assoc, Rinv_r, Rmult_1_r by lra. apply Least. intros x Hx.
      apply (Rmult_le_reg_r (dot d w w)); [exact Q|]. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. apply Hx.
    - replace (form d C w) with 0; [rewrite <- Q; lra|]. symmetry. apply sum_eq0. intros i Hi.
      pose proof (Sq w i Hi). assert (w i = 0) as -> by nra. ring. }
  destruct (classic (exists w, 0 < dot d w w /\ form d C w = - s * dot d w w)) as [[w [Q F]]|None].
  - exists (- s), (fun i => / sqrt (dot d w w) * w i). rewrite form_along, dot_scal_l, dot_scal_r.
    assert (N : (/ sqrt (dot d w w)) ^ 2 * dot d w w = 1).
    { rewrite pow_inv, pow2_sqrt by lra. apply Rinv_l. lra. }
    split; [rewrite <- N; ring|split; [|intros v; specialize (In v); lra]]. rewrite F.
    transitivity (- s * ((/ sqrt (dot d w w)) ^ 2 * dot d w w)); [ring|]. rewrite N. ring.
  - exfalso. assert (V : forall w, form d (fun i j => - C i j - s * delta j i) w = - form d C w - s * dot d w w).
    { intros w. transitivity (sum d (fun i => - (w i * dot d (C i) w) - s * (w i * w i)));
        [|rewrite sum_minus, sum_opp, sum_scal_l; reflexivity].
      apply sum_ext. intros i Hi.
      replace (dot d (fun j => - C i j - s * delta j i) w) with (- dot d (C i) w - s * w i); [ring|].
      rewrite <- (sum_delta d i w Hi). unfold dot. rewrite <- sum_opp, <- sum_scal_l, <- sum_minus. apply sum_ext.
      intros. ring. }
    destruct (coercive d (fun i j => - C i j - s * delta j i)) as [e [He K]].
    + intros w Q. rewrite V. specialize (In w). destruct (Req_dec (form d C w) (- s * dot d w w)) as [F|F]; [|lra].
      elim None. exists w. split; assumption.
    + assert (s + e <= s); [|lra]. apply Up. intros w. specialize (K w). rewrite V in K. lra.
Qed.

(* So the supremum of w^T C w over the unit sphere is that largest value. *)
Lemma supremum_attained d C l : is_lub (fun v => exists w, dot d w w = 1 /\ v = form d C w) l ->
  exists e, dot d e e = 1 /\ form d C e = l /\ forall w, form d C w <= l * dot d w w.
Proof.
  intros L. destruct d as [|d].
  { destruct L as [_ L]. assert (l <= l - 1); [|lra]. apply L. intros v [w [K _]]. unfold dot in K. simpl in K. lra. }
  destruct (largest_value (S d) C ltac:(lia)) as [l' [e [N [F U]]]].
  replace l with l'; [exists e; split; [exact N|split; assumption]|].
  refine (is_lub_u _ _ _ _ L). split.
  - intros v [w [K ->]]. specialize (U w). rewrite K in U. lra.
  - intros b Hb. apply Hb. exists e. split; [exact N|symmetry; exact F].
Qed.

(* One choice for each neuron. *)
Lemma choose m (Q : nat -> (nat -> R) -> Prop) :
  (forall r, (r < m)%nat -> exists e, Q r e) -> exists e, forall r, (r < m)%nat -> Q r (e r).
Proof.
  induction m as [|m IH]; intros H; [exists (fun _ _ => 0); intros; lia|].
  destruct IH as [e He]; [intros; apply H; lia|]. destruct (H m ltac:(lia)) as [e' He'].
  exists (fun r => if Nat.eqb r m then e' else e r). intros r Hr.
  destruct (Nat.eqb_spec r m) as [->|]; [exact He'|apply He; lia].
Qed.

(* The supremum over the quadratic class: lambda_r is the largest eigenvalue of A_r, the supremum of w^T A_r w over
   the unit sphere *)
Theorem quadratic_supremum : forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R),
  (forall r, (r < m)%nat -> is_lub (fun v => exists w, dot d w w = 1
    /\ v = form d (signed_block s2 n d a w0 X eps r) w) (lambda r)) ->
  is_lub (quadratic_values s2 n m d a w0 X eps B)
    (B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2))).
Proof.
  intros s2 n m d a w0 X eps lambda B L.
  destruct (choose m (fun r e => dot d e e = 1 /\ form d (signed_block s2 n d a w0 X eps r) e = lambda r
    /\ forall w, form d (signed_block s2 n d a w0 X eps r) w <= lambda r * dot d w w)) as [e He].
  { intros r Hr. apply supremum_attained, L, Hr. }
  split.
  - intros v [W [HW ->]]. apply quadratic_upper; [|exact HW]. intros r w Hr. apply He, Hr.
  - intros bound Hbound. apply Hbound.
    destruct (quadratic_maximiser s2 n m d a w0 X e eps lambda B) as [N [_ V]]; [intros; apply He; assumption..|].
    eexists. split; [exact N|symmetry; exact V].
Qed.

(* 1/n sum_p eps_p f_L(x_p; P W) = <1/n sum_p eps_p P phi(x_p), W>, P symmetric *)
Theorem signed_inner : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (W : nat -> nat -> R),
  symmetric m d P ->
  / INR n * sum n (fun p => eps p * f_L s1 m d a w0 (apply m d P W) (X p))
  = inner m d (fun r i => / INR n * sum n (fun p => eps p * apply m d P (feature s1 m d a w0 (X p)) r i)) W.
Proof.
  intros s1 n m d a w0 X P eps W HP. rewrite inner_scal_l.
  rewrite (inner_sum_l m d n eps (fun p => apply m d P (feature s1 m d a w0 (X p)))). f_equal.
  apply sum_ext. intros p _. rewrite f_L_feature, inner_apply by exact HP. reflexivity.
Qed.

(* The supremum over the linear class, attained: B ||1/n sum_p eps_p P phi(x_p)||, P symmetric *)
Theorem linear_supremum : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (B : R),
  0 <= B -> symmetric m d P ->
  let z := fun r i => / INR n * sum n (fun p => eps p * apply m d P (feature s1 m d a w0 (X p)) r i) in
  let largest := B * sqrt (inner m d z z) in
  linear_values s1 n m d a w0 X P eps B largest /\ is_lub (linear_values s1 n m d a w0 X P eps B) largest.
Proof.
  intros s1 n m d a w0 X P eps B HB HP z largest. pose proof (inner_nonneg m d z) as Z.
  assert (A : linear_values s1 n m d a w0 X P eps B largest).
  { unfold largest. set (rho := sqrt (inner m d z z)).
    assert (R2 : inner m d z z = rho * rho) by (symmetry; apply sqrt_sqrt; exact Z).
    exists (fun r i => B * / rho * z r i). rewrite signed_inner by exact HP. fold z.
    rewrite inner_scal_l, !inner_scal_r, R2. destruct (Req_dec rho 0) as [->|H].
    - split; [pose proof (pow2_ge_0 B); nra|ring].
    - split; [apply Req_le; field; exact H|field; exact H]. }
  split; [exact A|split; [|intros bound Hbound; apply Hbound, A]].
  intros v [W [HW ->]]. rewrite signed_inner by exact HP. fold z. eapply Rle_trans; [apply inner_cauchy_schwarz|].
  unfold largest. rewrite Rmult_comm. apply Rmult_le_compat_r; [apply sqrt_pos|].
  rewrite <- (sqrt_pow2 B) by exact HB. apply sqrt_le_1_alt. exact HW.
Qed.

(* The average of ||sum_p eps_p V_p||^2 over all signs eps is sum_p ||V_p||^2 *)
Theorem sign_energy : forall (n m d : nat) (V : nat -> nat -> nat -> R),
  average n (fun eps => inner m d (fun r i => sum n (fun p => eps p * V p r i))
                                  (fun r i => sum n (fun p => eps p * V p r i)))
  = sum n (fun p => inner m d (V p) (V p)).
Proof.
  intros n m d V. unfold inner, dot. rewrite (average_sum n m (fun r eps => sum d (fun i => _))),
    (sum_swap n m).
  apply sum_ext. intros r _. rewrite (average_sum n d (fun i eps => _)), (sum_swap n d). apply sum_ext.
  intros i _.
  rewrite (sum_ext n (fun p => V p r i * V p r i) (fun p => V p r i ^ 2)), <- average_square
    by (intros; ring).
  apply average_ext. intros eps. ring.
Qed.

(* The complexity of the linear class, the average of its supremum over all signs, is at most
   B/n (sum_p ||P phi(x_p)||^2)^(1/2) *)
Theorem linear_complexity : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (B : R) (supremum : (nat -> R) -> R),
  0 <= B -> symmetric m d P ->
  (forall eps, is_lub (linear_values s1 n m d a w0 X P eps B) (supremum eps)) ->
  average n supremum
  <= B / INR n * sqrt (sum n (fun p => inner m d (apply m d P (feature s1 m d a w0 (X p)))
                                                 (apply m d P (feature s1 m d a w0 (X p))))).
Proof.
  intros s1 n m d a w0 X P B supremum HB HP Hsup.
  set (V := fun p => apply m d P (feature s1 m d a w0 (X p))).
  set (g := fun eps => sqrt (inner m d (fun r i => sum n (fun p => eps p * V p r i))
    (fun r i => sum n (fun p => eps p * V p r i)))).
  assert (N : 0 <= / INR n) by (destruct n; [simpl; rewrite Rinv_0;
    lra|apply Rlt_le, Rinv_0_lt_compat, lt_0_INR; lia]).
  rewrite (average_ext n supremum (fun eps => B / INR n * g eps)).
  - rewrite average_scal. apply Rmult_le_compat_l; [apply Rmult_le_pos; assumption|].
    change (average n g <= sqrt (sum n (fun p => inner m d (V p) (V p)))). rewrite <- sign_energy.
    apply (Rle_trans _ (sqrt (average n (fun eps => g eps ^ 2))));
      [apply average_root; intros; apply sqrt_pos|].
    apply Req_le. f_equal. apply average_ext. intros eps. unfold g. apply pow2_sqrt, inner_nonneg.
  - intros eps. destruct (linear_supremum s1 n m d a w0 X P eps B HB HP) as [_ L].
    rewrite (is_lub_u _ _ _ (Hsup eps) L), inner_scal_l, inner_scal_r, <- Rmult_assoc.
    rewrite sqrt_mult, sqrt_square by (try exact N; try apply Rmult_le_pos; try exact N;
      apply inner_nonneg).
    unfold g, V, Rdiv. ring.
Qed.

(* The factor 1/2 of f_Q stays: everything 1. *)
Theorem signed_sum_twin_false :
  ~ (forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps : nat -> R) (W : nat -> nat -> R),
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  = / sqrt (INR m) * sum m (fun r => form d (signed_block s2 n d a w0 X eps r) (W r))).
Proof.
  intros H. specialize (H (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 1)
    (fun _ _ => 1) (fun _ => 1) (fun _ _ => 1)).
  unfold f_Q, form, signed_block, dot in H. simpl in H. rewrite sqrt_1 in H. lra.
Qed.

(* Half the bound is exceeded: everything 1. *)
Theorem quadratic_upper_twin_false :
  ~ (forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R) (W : nat -> nat -> R),
  (forall r w, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) w <= lambda r * dot d w w) ->
  sum m (fun r => dot d (W r) (W r) ^ 2) <= B ^ 4 ->
  / INR n * sum n (fun p => eps p * f_Q s2 m d a w0 W (X p))
  <= B ^ 2 / 4 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2))).
Proof.
  intros H. specialize (H (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 1)
    (fun _ _ => 1) (fun _ => 1) (fun _ => 1) 1 (fun _ _ => 1)).
  unfold f_Q, form, signed_block, dot in H. simpl in H. rewrite sqrt_1, Rmax_right in H by lra.
  replace (/ 1 * (0 + 1 * (1 * 1))) with 1 in H by field. rewrite sqrt_1 in H.
  assert (A : / 1 * (0 + 1 * (/ (2 * 1) * (0 + 1 * 1 * ((0 + 1 * 1) * ((0 + 1 * 1) * 1)))))
    <= 1 * (1 * 1) / 4 * 1); [|lra].
  apply H; [intros; lra|lra].
Qed.

(* The factor 2: the largest value of w^2 is 1. *)
Theorem largest_value_twin_false :
  ~ (forall (d : nat) (C : nat -> nat -> R), (0 < d)%nat ->
  exists (l : R) (e : nat -> R),
  dot d e e = 1 /\ form d C e = 2 * l /\ forall w, form d C w <= l * dot d w w).
Proof.
  intros H. destruct (H 1%nat (fun _ _ => 1) ltac:(lia)) as [l [e [N [F U]]]]. specialize (U (fun _ => 1)).
  unfold form, dot in N, F, U. simpl in N, F, U. lra.
Qed.

(* A negative eigenvalue does not count: A_r = -1, of one entry. *)
Theorem quadratic_supremum_twin_false :
  ~ (forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R),
  (forall r, (r < m)%nat -> is_lub (fun v => exists w, dot d w w = 1
    /\ v = form d (signed_block s2 n d a w0 X eps r) w) (lambda r)) ->
  is_lub (quadratic_values s2 n m d a w0 X eps B)
    (B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => lambda r ^ 2)))).
Proof.
  intros H. destruct (H (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 1) (fun _ _ => 1)
    (fun _ => -1) (fun _ => -1) 1) as [_ L].
  - intros r _. unfold form, signed_block, dot. simpl. split.
    + intros v [w [K ->]]. lra.
    + intros b Hb. apply Hb. exists (fun _ => 1). lra.
  - assert (A : 1 ^ 2 / 2 * sqrt (/ INR 1 * sum 1 (fun r => (-1) ^ 2)) <= 0).
    { apply L. intros v [W [_ ->]]. unfold f_Q, dot. simpl. rewrite sqrt_1. nra. }
    simpl in A. replace (/ 1 * (0 + -1 * (-1 * 1))) with 1 in A by field. rewrite sqrt_1 in A. lra.
Qed.

(* The radius enters once: everything 1 but B = 2. *)
Theorem linear_supremum_twin_false :
  ~ (forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (B : R),
  0 <= B -> symmetric m d P ->
  let z := fun r i => / INR n * sum n (fun p => eps p * apply m d P (feature s1 m d a w0 (X p)) r i) in
  let largest := B ^ 2 * sqrt (inner m d z z) in
  linear_values s1 n m d a w0 X P eps B largest /\ is_lub (linear_values s1 n m d a w0 X P eps B) largest).
Proof.
  intros H. destruct (H (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ _ _ => 1)
    (fun _ => 1) 2 ltac:(lra) (fun _ _ _ _ _ _ _ _ => eq_refl)) as [_ [_ L]].
  assert (A : 2 ^ 2 * sqrt 1 <= 2); [|rewrite sqrt_1 in A; lra].
  replace 1 with (inner 1 1 (fun r i => / INR 1 * sum 1 (fun p => 1 * apply 1 1 (fun _ _ _ _ => 1)
    (feature (fun _ => 1) 1 1 (fun _ => 1) (fun _ _ => 1) (fun _ => 1)) r i))
    (fun r i => / INR 1 * sum 1 (fun p => 1 * apply 1 1 (fun _ _ _ _ => 1)
    (feature (fun _ => 1) 1 1 (fun _ => 1) (fun _ _ => 1) (fun _ => 1)) r i))).
  - apply L. intros v [W [HW ->]]. unfold inner, f_L, dot, apply in *. simpl in *. rewrite sqrt_1. nra.
  - unfold inner, dot, apply, feature. simpl. rewrite sqrt_1. field.
Qed.

(* One movement, of length 1. *)
Theorem sign_energy_twin_false :
  ~ (forall (n m d : nat) (V : nat -> nat -> nat -> R),
  average n (fun eps => inner m d (fun r i => sum n (fun p => eps p * V p r i))
                                  (fun r i => sum n (fun p => eps p * V p r i)))
  = 2 * sum n (fun p => inner m d (V p) (V p))).
Proof.
  intros H. specialize (H 1%nat 1%nat 1%nat (fun _ _ _ => 1)).
  unfold average, signs, inner, dot, put in H. simpl in H. lra.
Qed.
