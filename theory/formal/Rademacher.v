(* The suprema behind the Rademacher complexities of the linear and of the quadratic class.  For fixed signs eps

     sup_{||W||_F <= B}     1/n sum_p eps_p f_L(x_p; P W) = B ||1/n sum_p eps_p P phi(x_p)||
     sup_{||W||_{2,4} <= B} 1/n sum_p eps_p f_Q(x_p; W)   = B^2/2 (1/m sum_r max(0, lambda_r)^2)^(1/2)

   with lambda_r the largest eigenvalue of A_r = 1/n sum_p eps_p a_r s2(w0_r.x_p) x_p x_p^T.  Cauchy and Schwarz
   give the upper bounds, and a W is exhibited that attains each.  On average over all signs the first is at most
   B/n (sum_p ||P phi(x_p)||^2)^(1/2). *)
From Coq Require Import Reals Lra Lia Arith Psatz.
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

(* The supremum over the quadratic class: lambda_r is the largest eigenvalue of A_r, the greatest value of w^T A_r w
   on the unit sphere, attained at e_r *)
Theorem quadratic_supremum : forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X e : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R),
  (forall r w, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) w <= lambda r * dot d w w) ->
  (forall r, (r < m)%nat -> dot d (e r) (e r) = 1) ->
  (forall r, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) (e r) = lambda r) ->
  is_lub (quadratic_values s2 n m d a w0 X eps B)
    (B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => Rmax 0 (lambda r) ^ 2))).
Proof.
  intros s2 n m d a w0 X e eps lambda B Hlam He Hform. split.
  - intros v [W [HW ->]]. apply quadratic_upper; assumption.
  - intros bound Hbound. apply Hbound. destruct
    (quadratic_maximiser s2 n m d a w0 X e eps lambda B He Hform) as [N [_ V]].
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

(* The supremum over the linear class: B ||1/n sum_p eps_p P phi(x_p)||, P symmetric *)
Theorem linear_supremum : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (B : R),
  0 <= B ->
  symmetric m d P ->
  let z := fun r i => / INR n * sum n (fun p => eps p * apply m d P (feature s1 m d a w0 (X p)) r i) in
  is_lub (linear_values s1 n m d a w0 X P eps B) (B * sqrt (inner m d z z)).
Proof.
  intros s1 n m d a w0 X P eps B HB HP z. pose proof (inner_nonneg m d z) as Z. split.
  - intros v [W [HW ->]]. rewrite signed_inner by exact HP. fold z. eapply Rle_trans;
    [apply inner_cauchy_schwarz|].
    rewrite Rmult_comm. apply Rmult_le_compat_r; [apply sqrt_pos|].
    rewrite <- (sqrt_pow2 B) by exact HB. apply sqrt_le_1_alt. exact HW.
  - intros bound Hbound. apply Hbound. set (rho := sqrt (inner m d z z)).
    assert (R2 : inner m d z z = rho * rho) by (symmetry; apply sqrt_sqrt; exact Z).
    exists (fun r i => B * / rho * z r i). rewrite signed_inner by exact HP. fold z.
    rewrite inner_scal_l, !inner_scal_r, R2. destruct (Req_dec rho 0) as [->|H].
    + split; [pose proof (pow2_ge_0 B); nra|ring].
    + split; [apply Req_le; field; exact H|field; exact H].
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
  - intros eps. pose proof (linear_supremum s1 n m d a w0 X P eps B HB HP) as L. cbv zeta in L.
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

(* A negative eigenvalue does not count: A_r = -1, of one entry. *)
Theorem quadratic_supremum_twin_false :
  ~ (forall (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X e : nat -> nat -> R)
    (eps lambda : nat -> R) (B : R),
  (forall r w, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) w <= lambda r * dot d w w) ->
  (forall r, (r < m)%nat -> dot d (e r) (e r) = 1) ->
  (forall r, (r < m)%nat -> form d (signed_block s2 n d a w0 X eps r) (e r) = lambda r) ->
  is_lub (quadratic_values s2 n m d a w0 X eps B)
    (B ^ 2 / 2 * sqrt (/ INR m * sum m (fun r => lambda r ^ 2)))).
Proof.
  intros H. destruct (H (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 1)
    (fun _ => -1) (fun _ => -1) 1) as [_ L].
  - intros r w _. unfold form, signed_block, dot. simpl. lra.
  - intros r _. unfold dot. simpl. lra.
  - intros r _. unfold form, signed_block, dot. simpl. lra.
  - assert (A : 1 ^ 2 / 2 * sqrt (/ INR 1 * sum 1 (fun r => (-1) ^ 2)) <= 0).
    { apply L. intros v [W [_ ->]]. unfold f_Q, dot. simpl. rewrite sqrt_1. nra. }
    simpl in A. replace (/ 1 * (0 + -1 * (-1 * 1))) with 1 in A by field. rewrite sqrt_1 in A. lra.
Qed.

(* The radius enters once: everything 1 but B = 2. *)
Theorem linear_supremum_twin_false :
  ~ (forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P : nat -> nat -> nat -> nat -> R) (eps : nat -> R) (B : R),
  0 <= B ->
  symmetric m d P ->
  let z := fun r i => / INR n * sum n (fun p => eps p * apply m d P (feature s1 m d a w0 (X p)) r i) in
  is_lub (linear_values s1 n m d a w0 X P eps B) (B ^ 2 * sqrt (inner m d z z))).
Proof.
  intros H. destruct (H (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ _ _ => 1)
    (fun _ => 1) 2 ltac:(lra) (fun _ _ _ _ _ _ _ _ => eq_refl)) as [_ L].
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
