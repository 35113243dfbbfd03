(* The activations of the suite: their derivatives, and the suprema M_j = sup |sigma^(j)| over the real line.

     sin z + cos z:       M_j = sqrt 2 for every order j;
     tanh(z + 1/2):       M_1, M_2, M_3 = 1, 4/(3 sqrt 3), 2;
     erf(z + 1/2):        M_1, M_2, M_3 = 2/sqrt(pi), (2/sqrt(pi)) sqrt 2 exp(-1/2), 4/sqrt(pi);
     ln(1 + exp(z + 1/2)): M_1, M_2, M_3 = 1, 1/4, 1/(6 sqrt 3), the first approached and not attained.

   is_sup_abs g M says that M is the least upper bound of |g|, so no other number fits.  Derive_n f j z and
   is_derive_n f j z l are Coquelicot's j-th derivative: its value, and "it exists and is l". *)
From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Functions.
Open Scope R_scope.

(* A bound of the derivative is a Lipschitz constant: |f(x) - f(y)| <= M |x - y|. *)
Theorem lipschitz : forall (f : R -> R) (M x y : R), (forall z, ex_derive f z) ->
  (forall z, Rabs (Derive f z) <= M) -> Rabs (f x - f y) <= M * Rabs (x - y).
Proof.
  intros f M x y H B.
  destruct (MVT_gen f y x (Derive f)) as [c [_ E]].
  - intros z _; apply Derive_correct, H.
  - intros z _; apply continuity_pt_filterlim, (ex_derive_continuous f), H.
  - rewrite E, Rabs_mult; apply Rmult_le_compat_r; [apply Rabs_pos | apply B].
Qed.

(* The j-th derivative of sin + cos is the function itself, moved by j quarter turns: period four in j. *)
Theorem sincos_derivatives : forall (j : nat) (z : R),
  is_derive_n (fun z => sin z + cos z) j z (sin (z + INR j * (PI / 2)) + cos (z + INR j * (PI / 2))).
Proof.
  intros j z; apply (is_derive_n_ext (fun z => sin (z + INR 0 * (PI / 2)) + cos (z + INR 0 * (PI / 2)))).
  { intros t; simpl; replace (t + 0 * (PI / 2)) with t by ring; reflexivity. }
  apply (is_derive_n_chain (fun j z => sin (z + INR j * (PI / 2)) + cos (z + INR j * (PI / 2)))); clear j z.
  intros j z; replace (sin (z + INR (S j) * (PI / 2)) + cos (z + INR (S j) * (PI / 2)))
    with (cos (z + INR j * (PI / 2)) - sin (z + INR j * (PI / 2))).
  - auto_derive; [trivial | ring].
  - replace (z + INR (S j) * (PI / 2)) with (PI / 2 + (z + INR j * (PI / 2))) by (rewrite S_INR; ring).
    rewrite <- cos_sin; replace (PI / 2 + (z + INR j * (PI / 2))) with (PI / 2 - - (z + INR j * (PI / 2))) by ring.
    rewrite cos_shift, sin_neg; ring.
Qed.

(* Every derivative of sin + cos, of order 0, 1, 2, ..., exists and has the supremum sqrt 2. *)
Theorem sincos_suprema : forall j : nat,
  (forall z, ex_derive_n (fun z => sin z + cos z) j z) /\ is_sup_abs (Derive_n (fun z => sin z + cos z) j) (sqrt 2).
Proof.
  intros j; split.
  { intros z; destruct j as [| j]; [exact I |]; eexists; apply (sincos_derivatives (S j)). }
  assert (E : forall z, Derive_n (fun z => sin z + cos z) j z
    = 1 * sin (z + INR j * (PI / 2)) + 1 * cos (z + INR j * (PI / 2))).
  { intros z; rewrite (is_derive_n_unique _ _ _ _ (sincos_derivatives j z)); ring. }
  apply (sup_attained _ _ (PI / 4 - INR j * (PI / 2))).
  - intros z; rewrite E; replace 2 with (1 ^ 2 + 1 ^ 2) by ring; apply sin_cos_bound.
  - rewrite E; replace (PI / 4 - INR j * (PI / 2) + INR j * (PI / 2)) with (PI / 4) by ring.
    rewrite cos_PI4, sin_PI4; generalize Rlt_sqrt2_0; intros P.
    replace (1 * (1 / sqrt 2) + 1 * (1 / sqrt 2)) with (2 / sqrt 2) by (field; lra).
    rewrite <- (sqrt_sqrt 2) at 1; [| lra].
    replace (sqrt 2 * sqrt 2 / sqrt 2) with (sqrt 2) by (field; lra); apply Rabs_pos_eq; lra.
Qed.

(* The chain of derivatives of tanh(z + 1/2). *)
Lemma tanh_chain_1 : forall z : R, is_derive (fun z => tanh (z + 1 / 2)) z (1 - tanh (z + 1 / 2) ^ 2).
Proof.
  intros z; replace (1 - tanh (z + 1 / 2) ^ 2) with (1 * (1 - tanh (z + 1 / 2) ^ 2)) by ring.
  apply (is_derive_tanh_comp (fun z => z + 1 / 2)); auto_derive; [trivial | ring].
Qed.

(* A polynomial p of t = tanh(z + 1/2) has the derivative p'(t) (1 - t^2). *)
Lemma tanh_chain : forall (p : R -> R) (z dp : R), is_derive p (tanh (z + 1 / 2)) dp ->
  is_derive (fun z => p (tanh (z + 1 / 2))) z ((1 - tanh (z + 1 / 2) ^ 2) * dp).
Proof. intros p z dp H; apply (is_derive_comp p); [exact H | apply tanh_chain_1]. Qed.

Lemma tanh_chain_2 : forall z : R, is_derive (fun z => 1 - tanh (z + 1 / 2) ^ 2) z
  (-2 * tanh (z + 1 / 2) * (1 - tanh (z + 1 / 2) ^ 2)).
Proof.
  intros z; rewrite Rmult_comm; apply (tanh_chain (fun t => 1 - t ^ 2)); auto_derive; [trivial | ring].
Qed.

Lemma tanh_chain_3 : forall z : R, is_derive (fun z => -2 * tanh (z + 1 / 2) * (1 - tanh (z + 1 / 2) ^ 2)) z
  ((6 * tanh (z + 1 / 2) ^ 2 - 2) * (1 - tanh (z + 1 / 2) ^ 2)).
Proof.
  intros z; rewrite Rmult_comm; apply (tanh_chain (fun t => -2 * t * (1 - t ^ 2))); auto_derive; [trivial | ring].
Qed.

(* With t = tanh(z + 1/2): sigma' = 1 - t^2, sigma'' = -2 t (1 - t^2), sigma''' = (6 t^2 - 2)(1 - t^2). *)
Theorem tanh_derivatives : forall z : R,
  is_derive_n (fun z => tanh (z + 1 / 2)) 1 z (1 - tanh (z + 1 / 2) ^ 2) /\
  is_derive_n (fun z => tanh (z + 1 / 2)) 2 z (-2 * tanh (z + 1 / 2) * (1 - tanh (z + 1 / 2) ^ 2)) /\
  is_derive_n (fun z => tanh (z + 1 / 2)) 3 z ((6 * tanh (z + 1 / 2) ^ 2 - 2) * (1 - tanh (z + 1 / 2) ^ 2)).
Proof.
  intros z; split; [| split]; revert z.
  - exact tanh_chain_1.
  - exact (is_derive_n_2 _ _ _ tanh_chain_1 tanh_chain_2).
  - exact (is_derive_n_3 _ _ _ _ tanh_chain_1 tanh_chain_2 tanh_chain_3).
Qed.

(* Every value in (-1, 1) is attained by tanh: where a supremum lies. *)
Lemma tanh_onto : forall t : R, -1 < t < 1 -> tanh (ln ((1 + t) / (1 - t)) / 2) = t.
Proof.
  intros t H; rewrite tanh_exp.
  replace (2 * (ln ((1 + t) / (1 - t)) / 2)) with (ln ((1 + t) / (1 - t))) by field.
  rewrite exp_ln; [field; lra | apply Rdiv_lt_0_compat; lra].
Qed.

(* 1/sqrt 3, where t (1 - t^2) is largest, and the cubic inequality that says so. *)
Lemma third_root : 0 < / sqrt 3 < 1 /\ (/ sqrt 3) ^ 2 = 1 / 3 /\ 1 < 2 * / sqrt 3.
Proof.
  assert (P : 0 < / sqrt 3) by (apply Rinv_0_lt_compat, sqrt_lt_R0; lra).
  assert (Q : (/ sqrt 3) ^ 2 = 1 / 3).
  { rewrite pow_inv, pow2_sqrt; lra. }
  split; [| split]; [nra | exact Q | nra].
Qed.

Lemma cubic_bound : forall t : R, -1 < t < 1 -> Rabs (t * (1 - t ^ 2)) <= 2 / 3 * / sqrt 3.
Proof.
  intros t Ht; destruct third_root as [H1 [H2 H3]]; revert H1 H2 H3; generalize (/ sqrt 3); intros s H1 H2 H3.
  assert (A : 0 <= (t - s) ^ 2 * (t + 2 * s)) by (apply Rmult_le_pos; [apply pow2_ge_0 | lra]).
  assert (B : 0 <= (t + s) ^ 2 * (2 * s - t)) by (apply Rmult_le_pos; [apply pow2_ge_0 | lra]).
  replace ((t - s) ^ 2 * (t + 2 * s)) with (t ^ 3 - 3 * t * s ^ 2 + 2 * s * s ^ 2) in A by ring.
  replace ((t + s) ^ 2 * (2 * s - t)) with (- t ^ 3 + 3 * t * s ^ 2 + 2 * s * s ^ 2) in B by ring.
  rewrite H2 in A, B; apply Rabs_le; split; simpl in *; lra.
Qed.

(* M_1 = 1 for tanh(z + 1/2), attained at z = -1/2. *)
Theorem tanh_M1 : is_sup_abs (Derive_n (fun z => tanh (z + 1 / 2)) 1) 1.
Proof.
  assert (E : forall z, Derive_n (fun z => tanh (z + 1 / 2)) 1 z = 1 - tanh (z + 1 / 2) ^ 2).
  { intros z; apply is_derive_n_unique, tanh_derivatives. }
  apply (sup_attained _ _ (- (1 / 2))); [intros z; rewrite E | rewrite E].
  - generalize (tanh_square (z + 1 / 2)); intros H; rewrite Rabs_pos_eq; lra.
  - replace (- (1 / 2) + 1 / 2) with 0 by ring; rewrite tanh_0; rewrite Rabs_pos_eq; lra.
Qed.

(* M_2 = 4/(3 sqrt 3) for tanh(z + 1/2), attained where tanh = 1/sqrt 3. *)
Theorem tanh_M2 : is_sup_abs (Derive_n (fun z => tanh (z + 1 / 2)) 2) (4 / (3 * sqrt 3)).
Proof.
  assert (E : forall z, Derive_n (fun z => tanh (z + 1 / 2)) 2 z
    = -2 * (tanh (z + 1 / 2) * (1 - tanh (z + 1 / 2) ^ 2))).
  { intros z; rewrite <- Rmult_assoc; apply is_derive_n_unique, tanh_derivatives. }
  assert (P : 0 < sqrt 3) by (apply sqrt_lt_R0; lra).
  replace (4 / (3 * sqrt 3)) with (2 * (2 / 3 * / sqrt 3)) by (field; lra).
  apply (sup_attained _ _ (ln ((1 + / sqrt 3) / (1 - / sqrt 3)) / 2 - 1 / 2)).
  - intros z; rewrite E, Rabs_mult; rewrite (Rabs_left (-2)) by lra.
    apply Rmult_le_compat; [lra | apply Rabs_pos | lra |]; apply cubic_bound, tanh_bounds.
  - destruct third_root as [H1 [H2 H3]].
    rewrite E; replace (ln ((1 + / sqrt 3) / (1 - / sqrt 3)) / 2 - 1 / 2 + 1 / 2)
      with (ln ((1 + / sqrt 3) / (1 - / sqrt 3)) / 2) by ring.
    rewrite tanh_onto, H2; [| lra].
    rewrite Rabs_mult, (Rabs_left (-2)), Rabs_pos_eq by lra; lra.
Qed.

(* M_3 = 2 for tanh(z + 1/2), attained at z = -1/2. *)
Theorem tanh_M3 : is_sup_abs (Derive_n (fun z => tanh (z + 1 / 2)) 3) 2.
Proof.
  assert (E : forall z, Derive_n (fun z => tanh (z + 1 / 2)) 3 z
    = (6 * tanh (z + 1 / 2) ^ 2 - 2) * (1 - tanh (z + 1 / 2) ^ 2)).
  { intros z; apply is_derive_n_unique, tanh_derivatives. }
  apply (sup_attained _ _ (- (1 / 2))); [intros z; rewrite E | rewrite E].
  - generalize (tanh_square (z + 1 / 2)); generalize (tanh (z + 1 / 2) ^ 2); intros u H.
    apply Rabs_le; split; nra.
  - replace (- (1 / 2) + 1 / 2) with 0 by ring; rewrite tanh_0.
    replace ((6 * 0 ^ 2 - 2) * (1 - 0 ^ 2)) with (- (2)) by ring; rewrite Rabs_Ropp, Rabs_pos_eq; lra.
Qed.

(* The chain of derivatives of erf(z + 1/2). *)
Lemma erf_chain_1 : forall z : R, is_derive (fun z => erf (z + 1 / 2)) z (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)).
Proof.
  intros z; replace (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)) with (1 * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))) by ring.
  apply (is_derive_erf_comp (fun z => z + 1 / 2)); auto_derive; [trivial | ring].
Qed.

Lemma erf_chain_2 : forall z : R, is_derive (fun z => 2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)) z
  (-2 * (z + 1 / 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))).
Proof.
  intros z; generalize (2 / sqrt PI); intros c; auto_derive; [trivial | simpl; ring].
Qed.

Lemma erf_chain_3 : forall z : R,
  is_derive (fun z => -2 * (z + 1 / 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))) z
    ((4 * (z + 1 / 2) ^ 2 - 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))).
Proof.
  intros z; generalize (2 / sqrt PI); intros c; auto_derive; [trivial | simpl; ring].
Qed.

(* With u = z + 1/2 and g = (2/sqrt pi) exp(-u^2): sigma' = g, sigma'' = -2 u g, sigma''' = (4 u^2 - 2) g. *)
Theorem erf_derivatives : forall z : R,
  is_derive_n (fun z => erf (z + 1 / 2)) 1 z (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)) /\
  is_derive_n (fun z => erf (z + 1 / 2)) 2 z (-2 * (z + 1 / 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))) /\
  is_derive_n (fun z => erf (z + 1 / 2)) 3 z ((4 * (z + 1 / 2) ^ 2 - 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))).
Proof.
  intros z; split; [| split]; revert z.
  - exact erf_chain_1.
  - exact (is_derive_n_2 _ _ _ erf_chain_1 erf_chain_2).
  - exact (is_derive_n_3 _ _ _ _ erf_chain_1 erf_chain_2 erf_chain_3).
Qed.

Lemma erf_factor : 0 < 2 / sqrt PI.
Proof. apply Rdiv_lt_0_compat; [lra | apply sqrt_lt_R0, PI_RGT_0]. Qed.

(* |2 v - 1| exp(-v) <= 1 for v >= 0: the estimate behind M_3 of erf. *)
Lemma linear_exp_bound : forall v : R, 0 <= v -> Rabs (2 * v - 1) * exp (- v) <= 1.
Proof.
  intros v Hv; rewrite exp_Ropp; generalize (exp_pos v); intros P.
  assert (Q : (1 + v / 2) ^ 2 <= exp v).
  { replace v with (v / 2 + v / 2) at 2 by field; rewrite exp_plus.
    generalize (exp_ineq1_le (v / 2)); nra. }
  apply (Rmult_le_reg_r (exp v)); [exact P |]; rewrite Rmult_assoc, Rinv_l, Rmult_1_r, Rmult_1_l; [| lra].
  apply Rabs_le; split; [nra | assert (0 <= (v / 2 - 1) ^ 2) by apply pow2_ge_0; nra].
Qed.

(* M_1 = 2/sqrt(pi) for erf(z + 1/2), attained at z = -1/2. *)
Theorem erf_M1 : is_sup_abs (Derive_n (fun z => erf (z + 1 / 2)) 1) (2 / sqrt PI).
Proof.
  assert (E : forall z, Derive_n (fun z => erf (z + 1 / 2)) 1 z = 2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)).
  { intros z; apply is_derive_n_unique, erf_derivatives. }
  generalize erf_factor; intros C; apply (sup_attained _ _ (- (1 / 2))); [intros z |]; rewrite E.
  - generalize (exp_pos (- (z + 1 / 2) ^ 2)); intros P; rewrite Rabs_pos_eq; [| nra].
    generalize (gauss_tail 0 (z + 1 / 2) (Rle_refl 0) (Rabs_pos _)).
    replace (- 0 ^ 2) with 0 by ring; rewrite exp_0; nra.
  - replace (- (- (1 / 2) + 1 / 2) ^ 2) with 0 by ring; rewrite exp_0, Rabs_pos_eq; lra.
Qed.

(* M_2 = (2/sqrt(pi)) sqrt 2 exp(-1/2) for erf(z + 1/2), attained where z + 1/2 = 1/sqrt 2. *)
Theorem erf_M2 : is_sup_abs (Derive_n (fun z => erf (z + 1 / 2)) 2) (2 / sqrt PI * sqrt 2 * exp (- (1 / 2))).
Proof.
  assert (E : forall z, Derive_n (fun z => erf (z + 1 / 2)) 2 z
    = -2 * (z + 1 / 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))).
  { intros z; apply is_derive_n_unique, erf_derivatives. }
  assert (S : sqrt 2 * sqrt 2 = 2) by (apply sqrt_sqrt; lra); generalize Rlt_sqrt2_0; intros S0.
  assert (A : forall z, Rabs (-2 * (z + 1 / 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2)))
    = 2 / sqrt PI * sqrt 2 * (sqrt 2 * Rabs (z + 1 / 2) * exp (- (z + 1 / 2) ^ 2))).
  { intros z; rewrite !Rabs_mult, (Rabs_left (-2)), (Rabs_pos_eq (exp _)), (Rabs_pos_eq (2 / _)); [| | | lra].
    - transitivity (2 / sqrt PI * (sqrt 2 * sqrt 2) * Rabs (z + 1 / 2) * exp (- (z + 1 / 2) ^ 2)); [rewrite S |]; ring.
    - left; apply erf_factor.
    - left; apply exp_pos. }
  apply (sup_attained _ _ (sqrt 2 / 2 - 1 / 2)).
  - intros z; rewrite E, A; apply Rmult_le_compat_l; [generalize erf_factor; nra |].
    apply (Rmult_le_reg_r (exp ((z + 1 / 2) ^ 2))); [apply exp_pos |].
    rewrite Rmult_assoc, <- !exp_plus, Rplus_opp_l, exp_0, Rmult_1_r.
    apply Rle_trans with (2 := exp_ineq1_le _); rewrite <- (pow2_abs (z + 1 / 2)).
    assert (0 <= (sqrt 2 * Rabs (z + 1 / 2) - 1) ^ 2) by apply pow2_ge_0; nra.
  - rewrite E, A; replace (sqrt 2 / 2 - 1 / 2 + 1 / 2) with (sqrt 2 / 2) by ring.
    rewrite Rabs_pos_eq by lra; replace (- (sqrt 2 / 2) ^ 2) with (- (1 / 2)) by nra.
    replace (sqrt 2 * (sqrt 2 / 2)) with 1 by nra; ring.
Qed.

(* M_3 = 4/sqrt(pi) for erf(z + 1/2), attained at z = -1/2. *)
Theorem erf_M3 : is_sup_abs (Derive_n (fun z => erf (z + 1 / 2)) 3) (4 / sqrt PI).
Proof.
  assert (E : forall z, Derive_n (fun z => erf (z + 1 / 2)) 3 z
    = 2 / sqrt PI * (2 * ((2 * (z + 1 / 2) ^ 2 - 1) * exp (- (z + 1 / 2) ^ 2)))).
  { intros z; replace (2 / sqrt PI * (2 * ((2 * (z + 1 / 2) ^ 2 - 1) * exp (- (z + 1 / 2) ^ 2))))
      with ((4 * (z + 1 / 2) ^ 2 - 2) * (2 / sqrt PI * exp (- (z + 1 / 2) ^ 2))) by ring.
    apply is_derive_n_unique, erf_derivatives. }
  replace (4 / sqrt PI) with (2 / sqrt PI * (2 * 1))
    by (field; apply Rgt_not_eq, sqrt_lt_R0, PI_RGT_0).
  generalize erf_factor; intros C.
  apply (sup_attained _ _ (- (1 / 2))); [intros z |]; rewrite E.
  - rewrite Rabs_mult, (Rabs_pos_eq (2 / sqrt PI)); [| lra]; apply Rmult_le_compat_l; [lra |].
    rewrite Rabs_mult, (Rabs_pos_eq 2); [| lra]; apply Rmult_le_compat_l; [lra |].
    rewrite Rabs_mult, (Rabs_pos_eq (exp _)); [| left; apply exp_pos].
    apply linear_exp_bound, pow2_ge_0.
  - replace (- (1 / 2) + 1 / 2) with 0 by ring; replace (- 0 ^ 2) with 0 by ring; rewrite exp_0.
    replace (2 / sqrt PI * (2 * ((2 * 0 ^ 2 - 1) * 1))) with (- (2 / sqrt PI * (2 * 1))) by ring.
    rewrite Rabs_Ropp, Rabs_pos_eq; lra.
Qed.

(* The chain of derivatives of ln(1 + exp(z + 1/2)), in terms of q = 1/(1 + exp(z + 1/2)). *)
Lemma softplus_chain_1 : forall z : R,
  is_derive (fun z => ln (1 + exp (z + 1 / 2))) z (1 - / (1 + exp (z + 1 / 2))).
Proof. intros z; generalize (exp_pos (z + 1 / 2)); intros H; auto_derive; [lra | field; lra]. Qed.

Lemma softplus_chain_2 : forall z : R, is_derive (fun z => 1 - / (1 + exp (z + 1 / 2))) z
  (/ (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2)))).
Proof. intros z; generalize (exp_pos (z + 1 / 2)); intros H; auto_derive; [lra | field; lra]. Qed.

Lemma softplus_chain_3 : forall z : R,
  is_derive (fun z => / (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2)))) z
    (/ (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2))) * (2 * / (1 + exp (z + 1 / 2)) - 1)).
Proof. intros z; generalize (exp_pos (z + 1 / 2)); intros H; auto_derive; [lra | field; lra]. Qed.

(* With q = 1/(1 + exp(z + 1/2)): sigma' = 1 - q, sigma'' = q (1 - q), sigma''' = q (1 - q)(2 q - 1). *)
Theorem softplus_derivatives : forall z : R,
  is_derive_n (fun z => ln (1 + exp (z + 1 / 2))) 1 z (1 - / (1 + exp (z + 1 / 2))) /\
  is_derive_n (fun z => ln (1 + exp (z + 1 / 2))) 2 z (/ (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2)))) /\
  is_derive_n (fun z => ln (1 + exp (z + 1 / 2))) 3 z
    (/ (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2))) * (2 * / (1 + exp (z + 1 / 2)) - 1)).
Proof.
  intros z; split; [| split]; revert z.
  - exact softplus_chain_1.
  - exact (is_derive_n_2 _ _ _ softplus_chain_1 softplus_chain_2).
  - exact (is_derive_n_3 _ _ _ _ softplus_chain_1 softplus_chain_2 softplus_chain_3).
Qed.

(* Every value in (0, 1) is attained by the logistic function. *)
Lemma logistic_onto : forall q : R, 0 < q < 1 -> / (1 + exp (ln ((1 - q) / q) - 1 / 2 + 1 / 2)) = q.
Proof.
  intros q H; replace (ln ((1 - q) / q) - 1 / 2 + 1 / 2) with (ln ((1 - q) / q)) by ring.
  rewrite exp_ln; [field; lra | apply Rdiv_lt_0_compat; lra].
Qed.

(* M_1 = 1 for ln(1 + exp(z + 1/2)), approached as z grows. *)
Theorem softplus_M1 : is_sup_abs (Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 1) 1.
Proof.
  assert (E : forall z, Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 1 z = 1 - / (1 + exp (z + 1 / 2))).
  { intros z; apply is_derive_n_unique, softplus_derivatives. }
  split.
  - intros z; rewrite E; generalize (logistic_bounds (z + 1 / 2)); intros H; rewrite Rabs_pos_eq; lra.
  - intros eps He; assert (Q : 0 < Rmin (eps / 2) (1 / 2) < 1).
    { unfold Rmin; destruct (Rle_dec (eps / 2) (1 / 2)); lra. }
    exists (ln ((1 - Rmin (eps / 2) (1 / 2)) / Rmin (eps / 2) (1 / 2)) - 1 / 2).
    rewrite E, (logistic_onto _ Q), Rabs_pos_eq; generalize (Rmin_l (eps / 2) (1 / 2)); lra.
Qed.

(* M_2 = 1/4 for ln(1 + exp(z + 1/2)), attained at z = -1/2. *)
Theorem softplus_M2 : is_sup_abs (Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 2) (1 / 4).
Proof.
  assert (E : forall z, Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 2 z
    = / (1 + exp (z + 1 / 2)) * (1 - / (1 + exp (z + 1 / 2)))).
  { intros z; apply is_derive_n_unique, softplus_derivatives. }
  apply (sup_attained _ _ (ln ((1 - 1 / 2) / (1 / 2)) - 1 / 2)).
  - intros z; rewrite E; generalize (logistic_bounds (z + 1 / 2)); generalize (/ (1 + exp (z + 1 / 2))).
    intros q H; assert (0 <= (q - 1 / 2) ^ 2) by apply pow2_ge_0; rewrite Rabs_pos_eq; nra.
  - rewrite E, logistic_onto; [| lra]; rewrite Rabs_pos_eq; lra.
Qed.

(* M_3 = 1/(6 sqrt 3) for ln(1 + exp(z + 1/2)), attained where 2 q - 1 = 1/sqrt 3. *)
Theorem softplus_M3 : is_sup_abs (Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 3) (1 / (6 * sqrt 3)).
Proof.
  assert (E : forall z, Derive_n (fun z => ln (1 + exp (z + 1 / 2))) 3 z
    = 1 / 4 * ((2 * / (1 + exp (z + 1 / 2)) - 1) * (1 - (2 * / (1 + exp (z + 1 / 2)) - 1) ^ 2))).
  { intros z; destruct (softplus_derivatives z) as [_ [_ H]]; rewrite (is_derive_n_unique _ _ _ _ H); field.
    generalize (exp_pos (z + 1 / 2)); lra. }
  assert (P : 0 < sqrt 3) by (apply sqrt_lt_R0; lra).
  replace (1 / (6 * sqrt 3)) with (1 / 4 * (2 / 3 * / sqrt 3)) by (field; lra).
  destruct third_root as [H1 [H2 H3]].
  apply (sup_attained _ _ (ln ((1 - (1 + / sqrt 3) / 2) / ((1 + / sqrt 3) / 2)) - 1 / 2)).
  - intros z; rewrite E, Rabs_mult, (Rabs_pos_eq (1 / 4)); [| lra]; apply Rmult_le_compat_l; [lra |].
    apply cubic_bound; generalize (logistic_bounds (z + 1 / 2)); lra.
  - rewrite E, logistic_onto; [| lra].
    replace (2 * ((1 + / sqrt 3) / 2) - 1) with (/ sqrt 3) by (field; lra).
    rewrite H2, Rabs_pos_eq; [| apply Rmult_le_pos; [lra |]; apply Rmult_le_pos]; lra.
Qed.
