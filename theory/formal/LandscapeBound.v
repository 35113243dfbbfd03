(* No bad stationary points of second order: the bound on L(W) - L(f* ) that the landscape identity gives for a
   convex loss at a movement W where the gradient of the regularized objective is small and its Hessian is not
   very negative; and what the regularizers R_1 ... R_4 add there.

   With V = W_L - W/2 - P_low W/2 the regularizers enter as <grad R_j, V> + 1/2 E_S Hess R_j[W_Q(.)S, W_Q(.)S].
   For all m, n, d and all weights. *)
From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model Signs Landscape.
Open Scope R_scope.

(* L_lambda = L + lambda_1 R_1 + lambda_2 R_2 + lambda_3 R_3 + lambda_4 R_4 *)
Definition objective (ell : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_low P_high Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R) (W : nat -> nat -> R) : R :=
  loss ell s1 s2 n m d a w0 X W
  + lambda 1%nat * R_1 s1 n m d a w0 X P_high W
  + lambda 2%nat * R_2 m d P_high Sigma W
  + lambda 3%nat * R_3 m d P_low W
  + lambda 4%nat * R_4 m d W.

(* The tangent lies below a convex function. *)
Lemma tangent (e e1 e2 : R -> R) z y :
  (forall z, is_derive e z (e1 z)) -> (forall z, is_derive e1 z (e2 z)) -> (forall z, 0 <= e2 z) ->
  e z + e1 z * (y - z) <= e y.
Proof.
  intros H1 H2 H.
  destruct (MVT_gen e z y e1) as [c [Hc E]].
  { intros; apply H1. }
  { intros x _. apply derivable_continuous_pt. exists (e1 x). apply is_derive_Reals, H1. }
  destruct (MVT_gen e1 z c e2) as [b [_ E1]].
  { intros; apply H2. }
  { intros x _. apply derivable_continuous_pt. exists (e2 x). apply is_derive_Reals, H2. }
  specialize (H b). assert (0 <= (c - z) * (y - z)).
  { unfold Rmin, Rmax in Hc. destruct (Rle_dec z y); nra. }
  assert (0 <= e2 b * ((c - z) * (y - z))) by (apply Rmult_le_pos; assumption). nra.
Qed.

(* Convexity: L(W) - L* <= - (1/n) sum_p ell'_p (f*_p - f_p), for any values f*_p with the loss L*. *)
Theorem convex_gap : forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W : nat -> nat -> R) (best : nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall p z, 0 <= l2 p z) ->
  loss ell s1 s2 n m d a w0 X W - / INR n * sum n (fun p => ell p (best p))
  <= - (/ INR n * sum n (fun p => l1 p (second_order s1 s2 m d a w0 W (X p))
      * (best p - second_order s1 s2 m d a w0 W (X p)))).
Proof.
  intros ell l1 l2 s1 s2 n m d a w0 X W best H1 H2 H. unfold loss.
  destruct n as [|k]; [simpl; lra|].
  assert (0 < / INR (S k)) by (apply Rinv_0_lt_compat, lt_0_INR; lia).
  rewrite <- Rmult_minus_distr_l, Ropp_mult_distr_r, <- sum_minus, <- sum_opp.
  apply Rmult_le_compat_l; [lra|]. apply sum_le. intros p _.
  pose proof (tangent (ell p) (l1 p) (l2 p) (second_order s1 s2 m d a w0 W (X p)) (best p) (H1 p) (H2 p) (H p)).
  lra.
Qed.

(* F is twice differentiable along the line through W in the direction V, with slope b and bend c there. *)
Definition smooth (F : (nat -> nat -> R) -> R) (W V : nat -> nat -> R) (b c : R) : Prop :=
  exists g : R -> R, (forall t, is_derive (fun u => F (along W V u)) t (g t)) /\ g 0 = b /\ is_derive g 0 c.

Lemma smooth_slope F W V b c : smooth F W V b c -> slope F W V = b.
Proof. intros [g [H [E _]]]. unfold slope. rewrite <- E. apply is_derive_unique, H. Qed.

Lemma smooth_bend F W V b c : smooth F W V b c -> bend F W V = c.
Proof.
  intros [g [H [_ D]]]. unfold bend. cbn [Derive_n]. apply is_derive_unique.
  apply (is_derive_ext g); [|exact D]. intros t. symmetry. apply is_derive_unique, H.
Qed.

Lemma smooth_plus F G W V k b c b' c' :
  smooth F W V b c -> smooth G W V b' c' -> smooth (fun W => F W + k * G W) W V (b + k * b') (c + k * c').
Proof.
  intros [g [H [E D]]] [g' [H' [E' D']]]. exists (fun t => g t + k * g' t). split; [|split].
  - intros t. apply (is_derive_plus (K := R_AbsRing) (V := R_NormedModule)); [apply H|apply is_derive_scal, H'].
  - rewrite E, E'. reflexivity.
  - apply (is_derive_plus (K := R_AbsRing) (V := R_NormedModule)); [apply D|apply is_derive_scal, D'].
Qed.

(* Quadratic functions are smooth. *)
Lemma smooth_quadratic F W V b q :
  (forall t, F (along W V t) = F W + t * b + t ^ 2 * q) -> smooth F W V b (2 * q).
Proof.
  intros H. exists (fun t => b + 2 * t * q). split; [|split].
  - intros t. apply (is_derive_ext (fun t => F W + t * b + t ^ 2 * q)); [intros; symmetry; apply H|].
    auto_derive; [trivial|ring].
  - ring.
  - auto_derive; [trivial|ring].
Qed.

Lemma smooth_loss ell l1 l2 s1 s2 n m d a w0 X W V :
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  smooth (loss ell s1 s2 n m d a w0 X) W V (slope (loss ell s1 s2 n m d a w0 X) W V)
    (bend (loss ell s1 s2 n m d a w0 X) W V).
Proof.
  intros H1 H2. exists (fun t => weighted l1 s1 s2 n m d a w0 X (along W V t)
      (fun x => f_L s1 m d a w0 V x + polar s2 m d a w0 (along W V t) V x)).
  split; [|split].
  - intros t. apply (gradient ell l1), H1.
  - symmetry. unfold slope. apply is_derive_unique, (gradient ell l1), H1.
  - rewrite (bend_loss ell l1 l2) by assumption. pose proof (curvature ell l1 l2 s1 s2 n m d a w0 X W V H1 H2) as C.
    unfold is_derive_n in C. cbn [Derive_n] in C. eapply is_derive_ext; [|exact C].
    intros t. apply is_derive_unique, (gradient ell l1), H1.
Qed.

(* Operators are linear, and look at the entries in size only. *)
Lemma apply_linear m d A U V b c r i :
  apply m d A (fun r i => b * U r i + c * V r i) r i = b * apply m d A U r i + c * apply m d A V r i.
Proof.
  unfold apply. rewrite <- !sum_scal_l, <- sum_plus. apply sum_ext. intros s _.
  rewrite <- !sum_scal_l, <- sum_plus. apply sum_ext. intros. ring.
Qed.

Lemma apply_ext m d A U V r i :
  (forall r i, (r < m)%nat -> (i < d)%nat -> U r i = V r i) -> apply m d A U r i = apply m d A V r i.
Proof.
  intros H. unfold apply. apply sum_ext. intros s Hs. apply sum_ext. intros j Hj. rewrite (H s j Hs Hj). reflexivity.
Qed.

Lemma apply_along m d A W V t r i : apply m d A (along W V t) r i = along (apply m d A W) (apply m d A V) t r i.
Proof.
  unfold along at 2. rewrite <- (Rmult_1_l (apply m d A W r i)), <- apply_linear. apply apply_ext.
  intros. unfold along. ring.
Qed.

Lemma inner_ext m d U V U' V' :
  (forall r i, (r < m)%nat -> (i < d)%nat -> U r i = U' r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> V r i = V' r i) -> inner m d U V = inner m d U' V'.
Proof.
  intros H H'. apply sum_ext. intros r Hr. apply sum_ext. intros i Hi. rewrite H, H' by assumption. reflexivity.
Qed.

Lemma inner_along m d U V U' V' t :
  inner m d (along U V t) (along U' V' t)
  = inner m d U U' + t * (inner m d U V' + inner m d V U') + t ^ 2 * inner m d V V'.
Proof.
  unfold inner, dot. rewrite <- !sum_plus, <- !sum_scal_l, <- !sum_plus. apply sum_ext. intros r _.
  rewrite <- !sum_plus, <- !sum_scal_l, <- !sum_plus. apply sum_ext. intros i _. unfold along. ring.
Qed.

Lemma inner_scal m d U V b c : inner m d (fun r i => b * U r i) (fun r i => c * V r i) = b * c * inner m d U V.
Proof.
  unfold inner, dot. rewrite <- sum_scal_l. apply sum_ext. intros r _. rewrite <- sum_scal_l. apply sum_ext.
  intros. ring.
Qed.

(* Slope and bend of each regularizer along a line; both derivatives exist.  R_1, R_2, R_3 are quadratic forms:
   <grad R_1(W), V> = (2/n) sum_p f_L(x_p; P_high W) f_L(x_p; P_high V), Hess R_1(W)[V,V] = 2 R_1(V). *)
Theorem smooth_R_1 : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W V : nat -> nat -> R),
  smooth (R_1 s1 n m d a w0 X P_high) W V
    (2 * (/ INR n * sum n (fun p => f_L s1 m d a w0 (apply m d P_high W) (X p)
                                    * f_L s1 m d a w0 (apply m d P_high V) (X p))))
    (2 * R_1 s1 n m d a w0 X P_high V).
Proof.
  intros s1 n m d a w0 X P_high W V. apply smooth_quadratic. intros t. unfold R_1. generalize (/ INR n). intros k.
  rewrite (sum_ext n (fun p => f_L s1 m d a w0 (apply m d P_high (along W V t)) (X p) ^ 2) (fun p =>
      f_L s1 m d a w0 (apply m d P_high W) (X p) ^ 2
      + 2 * t * (f_L s1 m d a w0 (apply m d P_high W) (X p) * f_L s1 m d a w0 (apply m d P_high V) (X p))
      + t ^ 2 * f_L s1 m d a w0 (apply m d P_high V) (X p) ^ 2)).
  - rewrite !sum_plus, !sum_scal_l. ring.
  - intros p _.
    rewrite (f_L_ext s1 m d a w0 _ (fun r i => 1 * apply m d P_high W r i + t * apply m d P_high V r i)).
    + rewrite f_L_linear. ring.
    + intros r i _ _. rewrite apply_along. unfold along. ring.
Qed.

(* <grad R_2(W), V> = <P_high W, Sigma P_high V> + <P_high V, Sigma P_high W>, Hess R_2(W)[V,V] = 2 R_2(V). *)
Theorem smooth_R_2 : forall (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R) (W V : nat -> nat -> R),
  smooth (R_2 m d P_high Sigma) W V
    (inner m d (apply m d P_high W) (apply m d Sigma (apply m d P_high V))
     + inner m d (apply m d P_high V) (apply m d Sigma (apply m d P_high W)))
    (2 * R_2 m d P_high Sigma V).
Proof.
  intros m d P_high Sigma W V. apply smooth_quadratic. intros t. unfold R_2. rewrite <- inner_along.
  apply inner_ext; intros r i _ _.
  - apply apply_along.
  - rewrite <- apply_along. apply apply_ext. intros. apply apply_along.
Qed.

(* <grad R_3(W), V> = 2 <P_low W, P_low V>, Hess R_3(W)[V,V] = 2 R_3(V). *)
Theorem smooth_R_3 : forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R) (W V : nat -> nat -> R),
  smooth (R_3 m d P_low) W V
    (2 * inner m d (apply m d P_low W) (apply m d P_low V))
    (2 * R_3 m d P_low V).
Proof.
  intros m d P_low W V. apply smooth_quadratic. intros t. unfold R_3.
  replace (2 * inner m d (apply m d P_low W) (apply m d P_low V))
    with (inner m d (apply m d P_low W) (apply m d P_low V) + inner m d (apply m d P_low V) (apply m d P_low W))
    by (rewrite (inner_sym m d (apply m d P_low V)); ring).
  rewrite <- inner_along.
  apply inner_ext; intros r i _ _; apply apply_along.
Qed.

Lemma dot_along_twice d W V t r :
  dot d (along W V t r) (along W V t r)
  = dot d (W r) (W r) + 2 * t * dot d (W r) (V r) + t ^ 2 * dot d (V r) (V r).
Proof.
  rewrite dot_along, (dot_sym d (W r)), (dot_sym d (V r)), !dot_along, (dot_sym d (V r) (W r)). ring.
Qed.

(* With T = sum_r ||w_r||^4: <grad R_4(W), V> = 8 T sum_r ||w_r||^2 w_r.v_r and
   Hess R_4(W)[V,V] = 8 T sum_r (||w_r||^2 ||v_r||^2 + 2 (w_r.v_r)^2) + 32 (sum_r ||w_r||^2 w_r.v_r)^2. *)
Theorem smooth_R_4 : forall (m d : nat) (W V : nat -> nat -> R),
  smooth (R_4 m d) W V
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2) * sum m (fun r => dot d (W r) (W r) * dot d (W r) (V r)))
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2)
       * sum m (fun r => dot d (W r) (W r) * dot d (V r) (V r) + 2 * dot d (W r) (V r) ^ 2)
     + 32 * sum m (fun r => dot d (W r) (W r) * dot d (W r) (V r)) ^ 2).
Proof.
  intros m d W V. set (u := fun r t => dot d (W r) (W r) + 2 * t * dot d (W r) (V r) + t ^ 2 * dot d (V r) (V r)).
  set (u1 := fun r t => 2 * dot d (W r) (V r) + 2 * t * dot d (V r) (V r)).
  exists (fun t => 2 * (sum m (fun r => 2 * u r t * u1 r t) * sum m (fun r => u r t ^ 2))).
  assert (H : forall t, is_derive (fun t => sum m (fun r => u r t ^ 2)) t (sum m (fun r => 2 * u r t * u1 r t))).
  { intros t. apply is_derive_sum. intros r _. unfold u, u1. auto_derive; [trivial|ring]. }
  split; [|split].
  - intros t. apply (is_derive_ext (fun t => sum m (fun r => u r t ^ 2) ^ 2)).
    + intros s. unfold R_4. f_equal. apply sum_ext. intros r _. f_equal. symmetry.
      apply dot_along_twice.
    + eapply is_derive_value; [apply (is_derive_pow (fun t => sum m (fun r => u r t ^ 2)) 2), H|]. simpl. ring.
  - unfold u, u1. rewrite (sum_ext m _ (fun r => 4 * (dot d (W r) (W r) * dot d (W r) (V r)))) by (intros; ring).
    rewrite (sum_ext m (fun r => _ ^ 2) (fun r => dot d (W r) (W r) ^ 2)) by (intros; ring).
    rewrite sum_scal_l. ring.
  - set (G := fun t => sum m (fun r => u r t ^ 2)) in *.
    set (D := fun t => sum m (fun r => 2 * u r t * u1 r t)) in *.
    assert (H1 : is_derive D 0 (sum m (fun r => 2 * u1 r 0 ^ 2 + 4 * u r 0 * dot d (V r) (V r)))).
    { apply is_derive_sum. intros r _. unfold u, u1. auto_derive; [trivial|ring]. }
    apply (is_derive_value _ _
      (2 * (sum m (fun r => 2 * u1 r 0 ^ 2 + 4 * u r 0 * dot d (V r) (V r)) * G 0 + D 0 * D 0))).
    + apply is_derive_scal. apply (is_derive_mult D G 0); [exact H1|apply H|exact Rmult_comm].
    + assert (E2 : sum m (fun r => 2 * u1 r 0 ^ 2 + 4 * u r 0 * dot d (V r) (V r))
        = 4 * sum m (fun r => dot d (W r) (W r) * dot d (V r) (V r) + 2 * dot d (W r) (V r) ^ 2)).
      { rewrite <- sum_scal_l. apply sum_ext. intros r _. unfold u, u1. ring. }
      assert (E1 : D 0 = 4 * sum m (fun r => dot d (W r) (W r) * dot d (W r) (V r))).
      { rewrite <- sum_scal_l. apply sum_ext. intros r _. unfold u, u1. ring. }
      assert (E0 : G 0 = sum m (fun r => dot d (W r) (W r) ^ 2)).
      { apply sum_ext. intros r _. unfold u. ring. }
      rewrite E2, E1, E0. ring.
Qed.

(* The objective is twice differentiable along lines, and its slope and bend are those of its parts:
   <grad L_lambda, V> = <grad L, V> + sum_j lambda_j <grad R_j, V>, and the same for the Hessian. *)
Theorem smooth_objective : forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X : nat -> nat -> R) (P_low P_high Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (W V : nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  let L := loss ell s1 s2 n m d a w0 X in
  let R1 := R_1 s1 n m d a w0 X P_high in
  let R2 := R_2 m d P_high Sigma in
  let R3 := R_3 m d P_low in
  let R4 := R_4 m d in
  smooth (objective ell s1 s2 n m d a w0 X P_low P_high Sigma lambda) W V
    (slope L W V + lambda 1%nat * slope R1 W V + lambda 2%nat * slope R2 W V + lambda 3%nat * slope R3 W V
     + lambda 4%nat * slope R4 W V)
    (bend L W V + lambda 1%nat * bend R1 W V + lambda 2%nat * bend R2 W V + lambda 3%nat * bend R3 W V
     + lambda 4%nat * bend R4 W V).
Proof.
  intros ell l1 l2 s1 s2 n m d a w0 X P_low P_high Sigma lambda W V H1 H2 L R1 R2 R3 R4. unfold objective.
  pose proof (smooth_R_1 s1 n m d a w0 X P_high W V) as S1. fold R1 in S1.
  pose proof (smooth_R_2 m d P_high Sigma W V) as S2. fold R2 in S2.
  pose proof (smooth_R_3 m d P_low W V) as S3. fold R3 in S3.
  pose proof (smooth_R_4 m d W V) as S4. fold R4 in S4.
  rewrite (smooth_slope R1 _ _ _ _ S1), (smooth_bend R1 _ _ _ _ S1), (smooth_slope R2 _ _ _ _ S2),
    (smooth_bend R2 _ _ _ _ S2), (smooth_slope R3 _ _ _ _ S3), (smooth_bend R3 _ _ _ _ S3),
    (smooth_slope R4 _ _ _ _ S4), (smooth_bend R4 _ _ _ _ S4).
  fold L R1 R2 R3 R4.
  apply (smooth_plus (fun W => L W + lambda 1%nat * R1 W + lambda 2%nat * R2 W + lambda 3%nat * R3 W) R4);
    [|exact S4].
  apply (smooth_plus (fun W => L W + lambda 1%nat * R1 W + lambda 2%nat * R2 W) R3); [|exact S3].
  apply (smooth_plus (fun W => L W + lambda 1%nat * R1 W) R2); [|exact S2].
  apply (smooth_plus L R1); [|exact S1].
  apply (smooth_loss ell l1 l2); assumption.
Qed.

Lemma slope_turned ell l1 s1 s2 n m d a w0 X P_low W W_L :
  (forall p z, is_derive (ell p) z (l1 p z)) ->
  slope (loss ell s1 s2 n m d a w0 X) W (turned m d P_low W W_L)
  = slope (loss ell s1 s2 n m d a w0 X) W W_L - / 2 * slope (loss ell s1 s2 n m d a w0 X) W W
    - / 2 * slope (loss ell s1 s2 n m d a w0 X) W (apply m d P_low W).
Proof.
  intros H1. rewrite !(slope_loss ell l1) by assumption. unfold weighted. generalize (/ INR n). intros k.
  set (low := apply m d P_low W).
  rewrite (sum_ext n _ (fun p =>
    l1 p (second_order s1 s2 m d a w0 W (X p)) * (f_L s1 m d a w0 W_L (X p) + polar s2 m d a w0 W W_L (X p))
    - / 2 * (l1 p (second_order s1 s2 m d a w0 W (X p)) * (f_L s1 m d a w0 W (X p) + polar s2 m d a w0 W W (X p)))
    - / 2 * (l1 p (second_order s1 s2 m d a w0 W (X p))
             * (f_L s1 m d a w0 low (X p) + polar s2 m d a w0 W low (X p))))).
  - rewrite !sum_minus, !sum_scal_l. ring.
  - intros p _.
    assert (E : forall r i, turned m d P_low W W_L r i = 1 * W_L r i + 1 * (- / 2 * W r i + - / 2 * low r i)).
    { intros. unfold turned. fold low. ring. }
    rewrite (f_L_ext s1 m d a w0 (turned m d P_low W W_L) _ (X p) (fun r i _ _ => E r i)).
    rewrite (polar_ext s2 m d a w0 W (turned m d P_low W W_L) _ (X p) (fun r i _ _ => E r i)).
    rewrite f_L_linear, f_L_linear, polar_linear, polar_linear. ring.
Qed.

Lemma inner_signed m d V S :
  (forall r, (r < m)%nat -> S r * S r = 1) -> inner m d (signed V S) (signed V S) = inner m d V V.
Proof.
  intros H. unfold inner, dot, signed. apply sum_ext. intros r Hr. apply sum_ext. intros i _.
  replace (S r * V r i * (S r * V r i)) with (S r * S r * (V r i * V r i)) by ring. rewrite H by exact Hr. ring.
Qed.

(* No bad stationary points of second order.  If ||grad L_lambda(W)||_F <= eps, that is |<grad L_lambda(W), Z>| <=
   eps ||Z||_F for every Z, and Hess L_lambda(W)[Z,Z] >= - gamma ||Z||_F^2 for every Z, then for any W_L, W_Q with
   the values f*_p = f_L(x_p;W_L) + f_Q(x_p;W_Q), and V = W_L - W/2 - P_low W/2,
   L(W) - L(f* ) <= eps ||V||_F + 1/2 gamma ||W_Q||_F^2
     + <ell', X(W, W_L - P_low W/2)> + 1/2 <ell'', sum_r g_r^2> + 1/2 <ell', f_L(P_high W)>
     + sum_j lambda_j (<grad R_j, V> + 1/2 E_S Hess R_j[W_Q(.)S, W_Q(.)S]). *)
Theorem stationary : forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W W_L W_Q : nat -> nat -> R) (P_low P_high Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (eps gamma : R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall p z, 0 <= l2 p z) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  let L := loss ell s1 s2 n m d a w0 X in
  let L_lambda := objective ell s1 s2 n m d a w0 X P_low P_high Sigma lambda in
  let V := turned m d P_low W W_L in
  (forall Z, Rabs (slope L_lambda W Z) <= eps * norm m d Z) ->
  (forall Z, - gamma * norm m d Z ^ 2 <= bend L_lambda W Z) ->
  L W - / INR n * sum n (fun p => ell p (f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p)))
  <= eps * norm m d V + / 2 * gamma * norm m d W_Q ^ 2
     + weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (fun r i => W_L r i - / 2 * apply m d P_low W r i))
     + / 2 * weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W W_Q)
     + / 2 * weighted l1 s1 s2 n m d a w0 X W (f_L s1 m d a w0 (apply m d P_high W))
     + lambda 1%nat * (slope (R_1 s1 n m d a w0 X P_high) W V
         + / 2 * average m (fun S => bend (R_1 s1 n m d a w0 X P_high) W (signed W_Q S)))
     + lambda 2%nat * (slope (R_2 m d P_high Sigma) W V
         + / 2 * average m (fun S => bend (R_2 m d P_high Sigma) W (signed W_Q S)))
     + lambda 3%nat * (slope (R_3 m d P_low) W V
         + / 2 * average m (fun S => bend (R_3 m d P_low) W (signed W_Q S)))
     + lambda 4%nat * (slope (R_4 m d) W V + / 2 * average m (fun S => bend (R_4 m d) W (signed W_Q S))).
Proof.
  intros ell l1 l2 s1 s2 n m d a w0 X W W_L W_Q P_low P_high Sigma lambda eps gamma H1 H2 H HP L L_lambda V HG HH.
  pose proof (convex_gap ell l1 l2 s1 s2 n m d a w0 X W
    (fun p => f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p)) H1 H2 H) as C.
  cbv beta in C. fold (L W) in C.
  rewrite (identity ell l1 l2 s1 s2 n m d a w0 X W W_L W_Q P_low P_high H1 H2 HP) in C. fold L in C.
  pose proof (slope_turned ell l1 s1 s2 n m d a w0 X P_low W W_L H1) as T. fold V L in T.
  assert (E : weighted l1 s1 s2 n m d a w0 X W
      (polar s2 m d a w0 W (fun r i => W_L r i - / 2 * apply m d P_low W r i))
    = weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W W_L)
      - / 2 * weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (apply m d P_low W))).
  { unfold weighted. generalize (/ INR n). intros k.
    rewrite (sum_ext n _ (fun p => l1 p (second_order s1 s2 m d a w0 W (X p)) * polar s2 m d a w0 W W_L (X p)
      - / 2 * (l1 p (second_order s1 s2 m d a w0 W (X p)) * polar s2 m d a w0 W (apply m d P_low W) (X p)))).
    - rewrite sum_minus, sum_scal_l. ring.
    - intros p _.
      rewrite (polar_ext s2 m d a w0 W _ (fun r i => 1 * W_L r i + - / 2 * apply m d P_low W r i))
        by (intros; ring).
      rewrite polar_linear. ring. }
  pose proof (smooth_slope _ _ _ _ _
    (smooth_objective ell l1 l2 s1 s2 n m d a w0 X P_low P_high Sigma lambda W V H1 H2)) as G.
  fold L_lambda L in G. pose proof (HG V) as B. rewrite G in B. apply Rabs_le_between in B.
  assert (K : - gamma * norm m d W_Q ^ 2 <= average m (fun S => bend L_lambda W (signed W_Q S))).
  { rewrite <- (average_const m (- gamma * norm m d W_Q ^ 2)). apply average_le. intros S HS.
    unfold norm. rewrite <- (inner_signed m d W_Q S HS). apply HH. }
  rewrite (average_on_signs m (fun S => bend L_lambda W (signed W_Q S)) (fun S =>
    bend L W (signed W_Q S) + lambda 1%nat * bend (R_1 s1 n m d a w0 X P_high) W (signed W_Q S)
    + lambda 2%nat * bend (R_2 m d P_high Sigma) W (signed W_Q S)
    + lambda 3%nat * bend (R_3 m d P_low) W (signed W_Q S)
    + lambda 4%nat * bend (R_4 m d) W (signed W_Q S))) in K.
  2:{ intros S _. exact (smooth_bend _ _ _ _ _
    (smooth_objective ell l1 l2 s1 s2 n m d a w0 X P_low P_high Sigma lambda W (signed W_Q S) H1 H2)). }
  rewrite !average_plus, !average_scal in K. rewrite E.
  lra.
Qed.

(* The two parts of V = W_L - W/2 - P_low W/2: P_low V = W_L - P_low W and P_high V = - 1/2 P_high W. *)
Lemma low_turned m d P_low W W_L :
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  forall r i, (r < m)%nat -> (i < d)%nat ->
  apply m d P_low (turned m d P_low W W_L) r i = W_L r i - apply m d P_low W r i.
Proof.
  intros HI HL r i Hr Hi.
  rewrite (apply_ext m d P_low _ (fun r i => 1 * W_L r i + 1 * (- / 2 * W r i + - / 2 * apply m d P_low W r i)))
    by (intros; unfold turned; ring).
  rewrite apply_linear, apply_linear, HI, HL by assumption. field.
Qed.

Lemma high_turned m d P_low P_high W W_L :
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  forall r i, (r < m)%nat -> (i < d)%nat ->
  apply m d P_high (turned m d P_low W W_L) r i = - / 2 * apply m d P_high W r i + 0 * apply m d P_high W r i.
Proof.
  intros HP HI HL r i Hr Hi. pose proof (low_turned m d P_low W W_L HI HL r i Hr Hi) as E.
  pose proof (HP (turned m d P_low W W_L) r i Hr Hi) as E1. pose proof (HP W r i Hr Hi) as E2.
  unfold turned at 3 in E1. lra.
Qed.

(* R_1 at a stationary point: <grad R_1, V> + 1/2 E_S Hess R_1[W_Q(.)S, W_Q(.)S] = E_S R_1(W_Q(.)S) - R_1(W),
   where P_low^2 = P_low, P_low + P_high = I and W_L lies in ran P_low. *)
Theorem signed_r1 : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X W W_L W_Q : nat -> nat -> R)
    (P_low P_high : nat -> nat -> nat -> nat -> R),
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  let R1 := R_1 s1 n m d a w0 X P_high in
  slope R1 W (turned m d P_low W W_L) + / 2 * average m (fun S => bend R1 W (signed W_Q S))
  = average m (fun S => R1 (signed W_Q S)) - R1 W.
Proof.
  intros s1 n m d a w0 X W W_L W_Q P_low P_high HP HI HL R1.
  pose proof (fun V => smooth_R_1 s1 n m d a w0 X P_high W V) as H. fold R1 in H.
  rewrite (smooth_slope _ _ _ _ _ (H _)).
  rewrite (average_on_signs m (fun S => bend R1 W (signed W_Q S)) (fun S => 2 * R1 (signed W_Q S)))
    by (intros S _; exact (smooth_bend _ _ _ _ _ (H _))).
  rewrite average_scal. unfold R1 at 3, R_1. generalize (/ INR n). intros k.
  rewrite (sum_ext n (fun p => f_L s1 m d a w0 (apply m d P_high W) (X p) * _)
    (fun p => - / 2 * f_L s1 m d a w0 (apply m d P_high W) (X p) ^ 2)).
  - rewrite sum_scal_l. field.
  - intros p _. rewrite (f_L_ext s1 m d a w0 (apply m d P_high (turned m d P_low W W_L)) _ (X p)
      (high_turned m d P_low P_high W W_L HP HI HL)).
    rewrite f_L_linear. ring.
Qed.

(* R_2 at a stationary point: <grad R_2, V> + 1/2 E_S Hess R_2[W_Q(.)S, W_Q(.)S] = E_S R_2(W_Q(.)S) - R_2(W). *)
Theorem signed_r2 : forall (m d : nat) (W W_L W_Q : nat -> nat -> R)
    (P_low P_high Sigma : nat -> nat -> nat -> nat -> R),
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  let R2 := R_2 m d P_high Sigma in
  slope R2 W (turned m d P_low W W_L) + / 2 * average m (fun S => bend R2 W (signed W_Q S))
  = average m (fun S => R2 (signed W_Q S)) - R2 W.
Proof.
  intros m d W W_L W_Q P_low P_high Sigma HP HI HL R2.
  pose proof (fun V => smooth_R_2 m d P_high Sigma W V) as H. fold R2 in H.
  rewrite (smooth_slope _ _ _ _ _ (H _)).
  rewrite (average_on_signs m (fun S => bend R2 W (signed W_Q S)) (fun S => 2 * R2 (signed W_Q S)))
    by (intros S _; exact (smooth_bend _ _ _ _ _ (H _))).
  rewrite average_scal. unfold R2 at 3, R_2.
  set (U := apply m d P_high W). set (Z := apply m d Sigma U).
  pose proof (high_turned m d P_low P_high W W_L HP HI HL) as E. fold U in E.
  rewrite (inner_ext m d U (apply m d Sigma (apply m d P_high (turned m d P_low W W_L)))
    (fun r i => 1 * U r i) (fun r i => - / 2 * Z r i)).
  - rewrite (inner_ext m d (apply m d P_high (turned m d P_low W W_L)) Z
      (fun r i => - / 2 * U r i) (fun r i => 1 * Z r i)).
    + rewrite !inner_scal. field.
    + intros r i Hr Hi. rewrite E by assumption. ring.
    + intros. ring.
  - intros. ring.
  - intros r i Hr Hi. rewrite (apply_ext m d Sigma _ _ r i E), apply_linear. unfold Z. ring.
Qed.

(* R_3 at a stationary point: <grad R_3, V> + 1/2 E_S Hess R_3[W_Q(.)S, W_Q(.)S]
   = E_S R_3(W_Q(.)S) - 2 R_3(W) + 2 <P_low W, W_L>. *)
Theorem signed_r3 : forall (m d : nat) (W W_L W_Q : nat -> nat -> R) (P_low : nat -> nat -> nat -> nat -> R),
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low (apply m d P_low V) r i = apply m d P_low V r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low W_L r i = W_L r i) ->
  let R3 := R_3 m d P_low in
  slope R3 W (turned m d P_low W W_L) + / 2 * average m (fun S => bend R3 W (signed W_Q S))
  = average m (fun S => R3 (signed W_Q S)) - 2 * R3 W + 2 * inner m d (apply m d P_low W) W_L.
Proof.
  intros m d W W_L W_Q P_low HI HL R3.
  pose proof (fun V => smooth_R_3 m d P_low W V) as H. fold R3 in H.
  rewrite (smooth_slope _ _ _ _ _ (H _)).
  rewrite (average_on_signs m (fun S => bend R3 W (signed W_Q S)) (fun S => 2 * R3 (signed W_Q S)))
    by (intros S _; exact (smooth_bend _ _ _ _ _ (H _))).
  rewrite average_scal. unfold R3 at 3, R_3.
  set (U := apply m d P_low W).
  assert (E : inner m d U (apply m d P_low (turned m d P_low W W_L)) = inner m d U W_L - inner m d U U).
  { rewrite (inner_ext m d U _ U (fun r i => W_L r i - U r i));
      [|reflexivity|exact (low_turned m d P_low W W_L HI HL)].
    unfold inner, dot. rewrite <- sum_minus. apply sum_ext. intros r _. rewrite <- sum_minus. apply sum_ext.
    intros. ring. }
  rewrite E. field.
Qed.

(* R_4 at a stationary point, with T = sum_r ||w_r||^4: <grad R_4, V> + 1/2 E_S Hess R_4[W_Q(.)S, W_Q(.)S]
   = - 4 R_4(W) + 8 T sum_r ||w_r||^2 w_r.(W_L - P_low W/2)_r + 4 T sum_r (||w_r||^2 ||w_Q,r||^2 + 2 (w_r.w_Q,r)^2)
     + 16 sum_r ||w_r||^4 (w_r.w_Q,r)^2. *)
Theorem signed_r4 : forall (m d : nat) (W W_L W_Q : nat -> nat -> R) (P_low : nat -> nat -> nat -> nat -> R),
  let T := sum m (fun r => dot d (W r) (W r) ^ 2) in
  slope (R_4 m d) W (turned m d P_low W W_L) + / 2 * average m (fun S => bend (R_4 m d) W (signed W_Q S))
  = - 4 * R_4 m d W
    + 8 * T * sum m (fun r => dot d (W r) (W r) * dot d (W r) (fun i => W_L r i - / 2 * apply m d P_low W r i))
    + 4 * T * sum m (fun r => dot d (W r) (W r) * dot d (W_Q r) (W_Q r) + 2 * dot d (W r) (W_Q r) ^ 2)
    + 16 * sum m (fun r => dot d (W r) (W r) ^ 2 * dot d (W r) (W_Q r) ^ 2).
Proof.
  intros m d W W_L W_Q P_low T.
  rewrite (smooth_slope _ _ _ _ _ (smooth_R_4 m d W (turned m d P_low W W_L))). fold T.
  rewrite (average_on_signs m _ (fun S =>
    8 * T * sum m (fun r => dot d (W r) (W r) * dot d (W_Q r) (W_Q r) + 2 * dot d (W r) (W_Q r) ^ 2)
    + 32 * sum m (fun r => S r * (dot d (W r) (W r) * dot d (W r) (W_Q r))) ^ 2)).
  - rewrite average_plus, average_const, average_scal, average_square. unfold R_4. fold T.
    rewrite (sum_ext m (fun r => dot d (W r) (W r) * dot d (W r) (turned m d P_low W W_L r)) (fun r =>
      dot d (W r) (W r) * dot d (W r) (fun i => W_L r i - / 2 * apply m d P_low W r i)
      - / 2 * dot d (W r) (W r) ^ 2)).
    + rewrite sum_minus, sum_scal_l. fold T.
      rewrite (sum_ext m (fun r => (dot d (W r) (W r) * dot d (W r) (W_Q r)) ^ 2) (fun r =>
        dot d (W r) (W r) ^ 2 * dot d (W r) (W_Q r) ^ 2)) by (intros; ring).
      field.
    + intros r _. replace (dot d (W r) (turned m d P_low W W_L r)) with
        (dot d (W r) (fun i => W_L r i - / 2 * apply m d P_low W r i) - / 2 * dot d (W r) (W r)); [ring|].
      unfold dot. rewrite <- sum_scal_l, <- sum_minus. apply sum_ext. intros. unfold turned. ring.
  - intros S HS. rewrite (smooth_bend _ _ _ _ _ (smooth_R_4 m d W (signed W_Q S))). fold T. f_equal.
    + f_equal. apply sum_ext. intros r Hr. rewrite !(dot_sym d (W r) (signed W_Q S r)), !dot_signed.
      rewrite (dot_sym d (W_Q r) (signed W_Q S r)), dot_signed, (dot_sym d (W_Q r) (W r)).
      transitivity (dot d (W r) (W r) * (S r * S r * dot d (W_Q r) (W_Q r))
        + 2 * (S r * S r * dot d (W r) (W_Q r) ^ 2)); [ring|]. rewrite HS by exact Hr. ring.
    + f_equal. f_equal. apply sum_ext. intros r _. rewrite (dot_sym d (W r) (signed W_Q S r)), dot_signed.
      rewrite (dot_sym d (W_Q r)). ring.
Qed.

(* The slope of R_3 has its factor 2: one neuron, P_low = 1, W = V = 1. *)
Theorem smooth_R_3_twin_false : ~ (forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R) (W V : nat -> nat -> R),
  smooth (R_3 m d P_low) W V
    (inner m d (apply m d P_low W) (apply m d P_low V))
    (2 * R_3 m d P_low V)).
Proof.
  intros H. specialize (H 1%nat 1%nat (fun _ _ _ _ => 1) (fun _ _ => 1) (fun _ _ => 1)). apply smooth_slope in H.
  rewrite (smooth_slope _ _ _ _ _ (smooth_R_3 1 1 (fun _ _ _ _ => 1) (fun _ _ => 1) (fun _ _ => 1))) in H.
  unfold inner, dot, apply in H. simpl in H. lra.
Qed.

(* R_4 bends through its square too: one neuron, W = V = 1, 56 and not 40. *)
Theorem smooth_R_4_twin_false : ~ (forall (m d : nat) (W V : nat -> nat -> R),
  smooth (R_4 m d) W V
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2) * sum m (fun r => dot d (W r) (W r) * dot d (W r) (V r)))
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2)
       * sum m (fun r => dot d (W r) (W r) * dot d (V r) (V r) + 2 * dot d (W r) (V r) ^ 2)
     + 16 * sum m (fun r => dot d (W r) (W r) * dot d (W r) (V r)) ^ 2)).
Proof.
  intros H. specialize (H 1%nat 1%nat (fun _ _ => 1) (fun _ _ => 1)). apply smooth_bend in H.
  rewrite (smooth_bend _ _ _ _ _ (smooth_R_4 1 1 (fun _ _ => 1) (fun _ _ => 1))) in H.
  unfold dot in H. simpl in H. lra.
Qed.

(* Convexity is needed: ell(z) = -z^2/4 on one sample, at f = 0 against f* = 1. *)
Theorem convex_gap_twin_false : ~ (forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W : nat -> nat -> R) (best : nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall p z, -1 <= l2 p z) ->
  loss ell s1 s2 n m d a w0 X W - / INR n * sum n (fun p => ell p (best p))
  <= - (/ INR n * sum n (fun p => l1 p (second_order s1 s2 m d a w0 W (X p))
      * (best p - second_order s1 s2 m d a w0 W (X p))))).
Proof.
  intros H.
  assert (H1 : forall (p : nat) z, is_derive (fun z => - / 4 * z ^ 2) z (- / 2 * z))
    by (intros; auto_derive; [trivial|field]).
  assert (H2 : forall (p : nat) (z : R), is_derive (fun z => - / 2 * z) z (- / 2))
    by (intros; auto_derive; [trivial|field]).
  specialize (H (fun _ z => - / 4 * z ^ 2) (fun _ z => - / 2 * z) (fun _ _ => - / 2) (fun _ => 0) (fun _ => 0)
    1%nat 0%nat 0%nat (fun _ => 0) (fun _ _ => 0) (fun _ _ => 0) (fun _ _ => 0) (fun _ => 1) H1 H2
    ltac:(intros; lra)).
  unfold loss, second_order, f_L, f_Q in H. simpl in H. rewrite Rinv_1 in H. lra.
Qed.

(* Without the curvature term the bound is false, though all its hypotheses hold: f_Q = W^2/2 on one sample with x = 1,
   ell(z) = (z-2)^2, at the saddle W = 0 with gamma = 4 and the competitor W_Q = 2. *)
Theorem stationary_twin_false : ~ (forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W W_L W_Q : nat -> nat -> R) (P_low P_high Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (eps gamma : R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall p z, 0 <= l2 p z) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  let L := loss ell s1 s2 n m d a w0 X in
  let L_lambda := objective ell s1 s2 n m d a w0 X P_low P_high Sigma lambda in
  let V := turned m d P_low W W_L in
  (forall Z, Rabs (slope L_lambda W Z) <= eps * norm m d Z) ->
  (forall Z, - gamma * norm m d Z ^ 2 <= bend L_lambda W Z) ->
  L W - / INR n * sum n (fun p => ell p (f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p)))
  <= eps * norm m d V
     + weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (fun r i => W_L r i - / 2 * apply m d P_low W r i))
     + / 2 * weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W W_Q)
     + / 2 * weighted l1 s1 s2 n m d a w0 X W (f_L s1 m d a w0 (apply m d P_high W))
     + lambda 1%nat * (slope (R_1 s1 n m d a w0 X P_high) W V
         + / 2 * average m (fun S => bend (R_1 s1 n m d a w0 X P_high) W (signed W_Q S)))
     + lambda 2%nat * (slope (R_2 m d P_high Sigma) W V
         + / 2 * average m (fun S => bend (R_2 m d P_high Sigma) W (signed W_Q S)))
     + lambda 3%nat * (slope (R_3 m d P_low) W V
         + / 2 * average m (fun S => bend (R_3 m d P_low) W (signed W_Q S)))
     + lambda 4%nat * (slope (R_4 m d) W V + / 2 * average m (fun S => bend (R_4 m d) W (signed W_Q S)))).
Proof.
  intros H.
  set (ell := fun (_ : nat) z => (z - 2) ^ 2). set (l1 := fun (_ : nat) z => 2 * (z - 2)).
  set (l2 := fun (_ : nat) (_ : R) => 2).
  assert (H1 : forall p z, is_derive (ell p) z (l1 p z)) by (intros; unfold ell, l1; auto_derive; [trivial|ring]).
  assert (H2 : forall p z, is_derive (l1 p) z (l2 p z)) by (intros; unfold l1, l2; auto_derive; [trivial|ring]).
  assert (H0 : forall p z, 0 <= l2 p z) by (intros; unfold l2; lra).
  specialize (H ell l1 l2 (fun _ => 0) (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1)
    (fun _ _ => 0) (fun _ _ => 0) (fun _ _ => 2) (fun _ _ _ _ => 0) (fun r i s j => delta r s * delta i j)
    (fun _ _ _ _ => 0) (fun _ => 0) 0 4 H1 H2 H0 split_one).
  cbv zeta in H.
  pose proof (fun Z => smooth_objective ell l1 l2 (fun _ => 0) (fun _ => 1) 1 1 1 (fun _ => 1) (fun _ _ => 0)
    (fun _ _ => 1) (fun _ _ _ _ => 0) (fun r i s j => delta r s * delta i j) (fun _ _ _ _ => 0) (fun _ => 0)
    (fun _ _ => 0) Z H1 H2) as S.
  cbv zeta in S.
  assert (K : 4 <= 0); [|lra].
  eapply Rle_trans; [|eapply Rle_trans; [apply H|]].
  - unfold loss, second_order, f_L, f_Q, ell, dot; simpl. rewrite sqrt_1. right. field.
  - intros Z. rewrite (smooth_slope _ _ _ _ _ (S Z)), (slope_loss ell l1) by exact H1.
    unfold weighted, second_order, f_L, f_Q, polar, dot; simpl.
    match goal with |- Rabs ?c <= _ => replace c with 0 by ring end. rewrite Rabs_R0. lra.
  - intros Z. rewrite (smooth_bend _ _ _ _ _ (S Z)), (bend_loss ell l1 l2) by assumption.
    unfold norm. rewrite pow2_sqrt by (apply sum_nonneg; intros; apply dot_nonneg).
    unfold weighted, second_order, f_L, f_Q, polar, inner, dot, l1, l2; simpl. rewrite sqrt_1. right. field.
  - unfold weighted, second_order, energy, neuron_part, f_L, f_Q, polar, dot; simpl. rewrite sqrt_1. right. field.
Qed.
