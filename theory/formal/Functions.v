(* The functions of the activations: tanh, erf, the logistic function; and the decay of |u|^k exp(-u^2) and
   |u|^k exp(-|u|).

     tanh' = 1 - tanh^2,   erf' = 2/sqrt(pi) exp(-x^2),   |tanh| < 1,   |erf| <= 1,   v^K exp(-v) <= K!  (v >= 0).

   Coq's library defines tanh = sinh/cosh and PI; erf is defined here.  Everything else in this file is proved.
   The derivatives and bounds serve Activation.v and the proofs that are generated for an activation of the user. *)
From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(* The error function: erf(x) = 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x. *)
Definition erf (x : R) : R := 2 / sqrt PI * RInt (fun t => exp (- t ^ 2)) 0 x.

(* M is the supremum of |g| over the real line: an upper bound, and no smaller number is one. *)
Definition is_sup_abs (g : R -> R) (M : R) : Prop :=
  (forall z, Rabs (g z) <= M) /\ (forall eps, 0 < eps -> exists z, M - eps < Rabs (g z)).

(* A bound that is attained is the supremum. *)
Lemma sup_attained : forall (g : R -> R) (M z0 : R),
  (forall z, Rabs (g z) <= M) -> Rabs (g z0) = M -> is_sup_abs g M.
Proof. intros g M z0 H E; split; [exact H |]; intros eps He; exists z0; lra. Qed.

(* There is only one supremum: a statement with any other number is false. *)
Lemma sup_unique : forall (g : R -> R) (M N : R), is_sup_abs g M -> is_sup_abs g N -> M = N.
Proof.
  assert (P : forall g M N, is_sup_abs g M -> is_sup_abs g N -> ~ M < N).
  { intros g M N [HM _] [_ HN] L; destruct (HN (N - M)) as [z Hz]; [lra |]; specialize (HM z); lra. }
  intros g M N HM HN; generalize (P g M N HM HN) (P g N M HN HM); lra.
Qed.

(* For the denominators of tanh. *)
Lemma cosh_pos : forall x : R, 0 < cosh x.
Proof. intros x; unfold cosh; generalize (exp_pos x) (exp_pos (- x)); lra. Qed.

(* tanh by a single exponential, for bounds and for an evaluation by interval arithmetic. *)
Lemma tanh_exp : forall x : R, tanh x = 1 - 2 / (exp (2 * x) + 1).
Proof.
  intros x; unfold tanh, sinh, cosh; rewrite exp_Ropp.
  replace (2 * x) with (x + x) by ring; rewrite exp_plus.
  generalize (exp_pos x); intros H; field; repeat apply conj; nra.
Qed.

Lemma tanh_0 : tanh 0 = 0.
Proof. rewrite tanh_exp, Rmult_0_r, exp_0; field. Qed.

(* The bound that every estimate of a polynomial in tanh needs. *)
Lemma tanh_bounds : forall x : R, -1 < tanh x < 1.
Proof.
  intros x; rewrite tanh_exp; generalize (exp_pos (2 * x)); intros H.
  assert (0 < 2 / (exp (2 * x) + 1) < 2); [| lra].
  split; [apply Rdiv_lt_0_compat; lra |].
  apply (Rmult_lt_reg_r (exp (2 * x) + 1)); [lra |]; field_simplify; lra.
Qed.

(* The same as a square: what nra wants. *)
Lemma tanh_square : forall x : R, 0 <= tanh x ^ 2 < 1.
Proof. intros x; generalize (tanh_bounds x); nra. Qed.

(* The chain rule's piece for tanh, which auto_derive does not know. *)
Lemma is_derive_tanh : forall x : R, is_derive tanh x (1 - tanh x ^ 2).
Proof.
  intros x; generalize (exp_pos x) (exp_pos (- x)); intros Hp Hm.
  apply (is_derive_ext (fun y => ((exp y - exp (- y)) / 2) / ((exp y + exp (- y)) / 2))); [reflexivity |].
  unfold tanh, sinh, cosh; auto_derive; [lra | field; lra].
Qed.

(* tanh of a function: one rule for generated proofs. *)
Lemma is_derive_tanh_comp : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => tanh (u z)) x (du * (1 - tanh (u x) ^ 2)).
Proof. intros u x du H; apply (is_derive_comp tanh u); [apply is_derive_tanh | exact H]. Qed.

Lemma continuous_gauss : forall x : R, continuous (fun t => exp (- t ^ 2)) x.
Proof. intros x; apply (ex_derive_continuous (fun t => exp (- t ^ 2))); auto_derive; trivial. Qed.

Lemma ex_RInt_gauss : forall a b : R, ex_RInt (fun t => exp (- t ^ 2)) a b.
Proof. intros a b; apply (ex_RInt_continuous (V := R_CompleteNormedModule)); intros x _; apply continuous_gauss. Qed.

(* The fundamental theorem of calculus for the integral in erf. *)
Lemma is_derive_gauss : forall x : R, is_derive (RInt (fun t => exp (- t ^ 2)) 0) x (exp (- x ^ 2)).
Proof.
  intros x; apply (is_derive_RInt (fun t => exp (- t ^ 2)) (RInt (fun t => exp (- t ^ 2)) 0) 0 x).
  - apply filter_forall; intros y; apply (RInt_correct (V := R_CompleteNormedModule)), ex_RInt_gauss.
  - apply continuous_gauss.
Qed.

(* The derivative of erf. *)
Lemma is_derive_erf : forall x : R, is_derive erf x (2 / sqrt PI * exp (- x ^ 2)).
Proof.
  intros x; unfold erf; apply (is_derive_scal (RInt (fun t => exp (- t ^ 2)) 0)), is_derive_gauss.
Qed.

(* erf of a function: one rule for generated proofs. *)
Lemma is_derive_erf_comp : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => erf (u z)) x (du * (2 / sqrt PI * exp (- u x ^ 2))).
Proof. intros u x du H; apply (is_derive_comp erf u); [apply is_derive_erf | exact H]. Qed.

(* The logistic function 1/(1 + exp x) and its complement lie in (0, 1). *)
Lemma logistic_bounds : forall x : R, 0 < / (1 + exp x) < 1.
Proof.
  intros x; generalize (exp_pos x); intros H; split; [apply Rinv_0_lt_compat; lra |].
  rewrite <- Rinv_1; apply Rinv_lt_contravar; lra.
Qed.

(* The derivative of the softplus ln(1 + exp x), by the logistic function. *)
Lemma is_derive_softplus : forall x : R, is_derive (fun z => ln (1 + exp z)) x (1 - / (1 + exp x)).
Proof. intros x; generalize (exp_pos x); intros H; auto_derive; [lra | field; lra]. Qed.

(* A sinusoid of amplitude sqrt(A^2 + B^2): Cauchy-Schwarz with sin^2 + cos^2 = 1. *)
Lemma sin_cos_bound : forall A B x : R, Rabs (A * sin x + B * cos x) <= sqrt (A ^ 2 + B ^ 2).
Proof.
  intros A B x; rewrite <- (Rabs_pos_eq (sqrt _) (sqrt_pos _)); apply Rsqr_le_abs_0.
  rewrite Rsqr_sqrt; [| nra]; generalize (sin2_cos2 x); unfold Rsqr; intros H.
  assert (0 <= (A * cos x - B * sin x) * (A * cos x - B * sin x)) by apply Rle_0_sqr.
  replace (A ^ 2 + B ^ 2) with ((A ^ 2 + B ^ 2) * (sin x * sin x + cos x * cos x)) by (rewrite H; ring).
  nra.
Qed.

(* exp dominates every term of its series. *)
Lemma exp_ge_term : forall (K : nat) (v : R), 0 <= v -> v ^ K / INR (fact K) <= exp v.
Proof.
  intros K v Hv; unfold exp; destruct (exist_exp v) as [l Hl]; simpl.
  assert (P : forall i, 0 <= / INR (fact i) * v ^ i).
  { intros i; apply Rmult_le_pos; [left; apply Rinv_0_lt_compat, INR_fact_lt_0 | apply pow_le, Hv]. }
  apply Rle_trans with (sum_f_R0 (fun i => / INR (fact i) * v ^ i) K).
  - replace (v ^ K / INR (fact K)) with (/ INR (fact K) * v ^ K) by (unfold Rdiv; ring).
    destruct K as [| K]; [simpl; lra |].
    rewrite tech5; generalize (cond_pos_sum (fun i => / INR (fact i) * v ^ i) K P); simpl; lra.
  - apply sum_incr; [exact Hl | exact P].
Qed.

(* The tail lemma: v^K exp(-v) <= K! for v >= 0. *)
Lemma pow_exp_le : forall (K : nat) (v : R), 0 <= v -> v ^ K * exp (- v) <= INR (fact K).
Proof.
  intros K v Hv; generalize (exp_ge_term K v Hv) (INR_fact_lt_0 K) (exp_pos v); intros H F E.
  rewrite exp_Ropp; apply (Rmult_le_reg_r (exp v)); [exact E |].
  rewrite Rmult_assoc, Rinv_l, Rmult_1_r; [| lra].
  apply (Rmult_le_reg_r (/ INR (fact K))); [apply Rinv_0_lt_compat, F |].
  replace (INR (fact K) * exp v * / INR (fact K)) with (exp v) by (field; lra); exact H.
Qed.

(* Beyond R a Gaussian times a power: |u|^k exp(-u^2) <= K! / R^(2K - k); the tails of the derivatives of erf. *)
Lemma pow_gauss_tail : forall (k K : nat) (R0 u : R), (k <= 2 * K)%nat -> 0 < R0 -> R0 <= Rabs u ->
  Rabs u ^ k * exp (- u ^ 2) <= INR (fact K) / R0 ^ (2 * K - k).
Proof.
  intros k K R0 u Hk HR Hu.
  assert (P : 0 < R0 ^ (2 * K - k)) by (apply pow_lt, HR).
  apply (Rmult_le_reg_r (R0 ^ (2 * K - k))); [exact P |].
  replace (INR (fact K) / R0 ^ (2 * K - k) * R0 ^ (2 * K - k)) with (INR (fact K)) by (field; lra).
  apply Rle_trans with (2 := pow_exp_le K (u ^ 2) (pow2_ge_0 u)).
  replace ((u ^ 2) ^ K) with (Rabs u ^ k * Rabs u ^ (2 * K - k)).
  - rewrite Rmult_assoc, (Rmult_comm (exp _)), <- Rmult_assoc.
    apply Rmult_le_compat_r; [left; apply exp_pos |].
    apply Rmult_le_compat_l; [apply pow_le, Rabs_pos |]; apply pow_incr; lra.
  - rewrite <- pow_add; replace (k + (2 * K - k))%nat with (2 * K)%nat by lia.
    rewrite pow_mult, pow2_abs; reflexivity.
Qed.

(* Beyond R an exponential times a power: |u|^k exp(-|u|) <= K! / R^(K - k); the tails of tanh and softplus. *)
Lemma pow_exp_tail : forall (k K : nat) (R0 u : R), (k <= K)%nat -> 0 < R0 -> R0 <= Rabs u ->
  Rabs u ^ k * exp (- Rabs u) <= INR (fact K) / R0 ^ (K - k).
Proof.
  intros k K R0 u Hk HR Hu.
  assert (P : 0 < R0 ^ (K - k)) by (apply pow_lt, HR).
  apply (Rmult_le_reg_r (R0 ^ (K - k))); [exact P |].
  replace (INR (fact K) / R0 ^ (K - k) * R0 ^ (K - k)) with (INR (fact K)) by (field; lra).
  apply Rle_trans with (2 := pow_exp_le K (Rabs u) (Rabs_pos u)).
  replace (Rabs u ^ K) with (Rabs u ^ k * Rabs u ^ (K - k)).
  - rewrite Rmult_assoc, (Rmult_comm (exp _)), <- Rmult_assoc.
    apply Rmult_le_compat_r; [left; apply exp_pos |].
    apply Rmult_le_compat_l; [apply pow_le, Rabs_pos |]; apply pow_incr; lra.
  - rewrite <- pow_add; f_equal; lia.
Qed.

(* The tail of a Gaussian alone, and of an exponential alone. *)
Lemma gauss_tail : forall R0 u : R, 0 <= R0 -> R0 <= Rabs u -> exp (- u ^ 2) <= exp (- R0 ^ 2).
Proof.
  intros R0 u HR Hu; destruct (Req_dec (u ^ 2) (R0 ^ 2)) as [-> | N]; [lra |].
  left; apply exp_increasing; rewrite <- (pow2_abs u) in *; nra.
Qed.

(* The Gaussian integral, by the classical trick: E(x)^2 + (integral over t in [0, 1] of
   exp(-x^2 (1 + t^2)) / (1 + t^2)) has derivative zero, so it is pi/4 for every x. *)
Lemma gauss_trick : forall x : R, 0 <= x ->
  RInt (fun t => exp (- t ^ 2)) 0 x ^ 2 + RInt (fun t => exp (- (x ^ 2 * (1 + t ^ 2))) / (1 + t ^ 2)) 0 1 = PI / 4.
Proof.
  set (E := RInt (fun t => exp (- t ^ 2)) 0); set (f := fun x t => exp (- (x ^ 2 * (1 + t ^ 2))) / (1 + t ^ 2)).
  assert (Cf : forall x t, continuous (f x) t).
  { intros x t; apply (ex_derive_continuous (f x)); unfold f; auto_derive; nra. }
  assert (Df : forall x t, is_derive (fun u => f u t) x (- 2 * x * exp (- (x ^ 2 * (1 + t ^ 2))))).
  { intros x t; unfold f; auto_derive; [nra |]; simpl; field; nra. }
  assert (Ef : forall x, ex_RInt (f x) 0 1).
  { intros x; apply (ex_RInt_continuous (V := R_CompleteNormedModule)); intros t _; apply Cf. }
  assert (DF : forall x, is_derive (fun x => E x ^ 2 + RInt (f x) 0 1) x 0).
  { intros x.
    assert (H1 : is_derive (fun x => E x ^ 2) x (2 * E x * exp (- x ^ 2))).
    { replace (2 * E x * exp (- x ^ 2)) with (INR 2 * exp (- x ^ 2) * E x ^ pred 2) by (simpl; ring).
      apply is_derive_pow, is_derive_gauss. }
    assert (H2 : is_derive (fun x => RInt (f x) 0 1) x (RInt (fun t => Derive (fun u => f u t) x) 0 1)).
    { apply (is_derive_RInt_param f 0 1 x).
      - apply filter_forall; intros y t _; eexists; apply Df.
      - intros t _; apply (continuity_2d_pt_ext (fun u v => - 2 * u * exp (- (u ^ 2 * (1 + v ^ 2))))).
        { intros u v; symmetry; apply is_derive_unique, Df. }
        apply continuity_2d_pt_mult; [apply continuity_2d_pt_mult |].
        + apply continuity_2d_pt_const.
        + apply continuity_2d_pt_id1.
        + apply (continuity_1d_2d_pt_comp exp); [apply derivable_continuous_pt, derivable_pt_exp |].
          apply continuity_2d_pt_opp, continuity_2d_pt_mult.
          * apply (continuity_1d_2d_pt_comp (fun z => z ^ 2)); [| apply continuity_2d_pt_id1].
            apply derivable_continuous_pt, derivable_pt_pow.
          * apply continuity_2d_pt_plus; [apply continuity_2d_pt_const |].
            apply (continuity_1d_2d_pt_comp (fun z => z ^ 2)); [| apply continuity_2d_pt_id2].
            apply derivable_continuous_pt, derivable_pt_pow.
      - apply filter_forall; exact Ef. }
    assert (S : RInt (fun t => x * exp (- (x * t + 0) ^ 2)) 0 1 = E x).
    { apply eq_trans with (1 := RInt_comp_lin (fun t => exp (- t ^ 2)) x 0 0 1 (ex_RInt_gauss _ _)).
      unfold E; f_equal; ring. }
    assert (I : RInt (fun t => Derive (fun u => f u t) x) 0 1 = - 2 * exp (- x ^ 2) * E x).
    { rewrite <- S; apply is_RInt_unique.
      apply (is_RInt_ext (fun t => - 2 * exp (- x ^ 2) * (x * exp (- (x * t + 0) ^ 2)))).
      - intros t _; symmetry; apply eq_trans with (1 := is_derive_unique _ _ _ (Df x t)).
        replace (- (x ^ 2 * (1 + t ^ 2))) with (- x ^ 2 + - (x * t + 0) ^ 2) by ring.
        rewrite exp_plus; ring.
      - apply (is_RInt_scal (fun t => x * exp (- (x * t + 0) ^ 2))), (RInt_correct (V := R_CompleteNormedModule)).
        apply (ex_RInt_comp_lin (fun t => exp (- t ^ 2)) x 0 0 1), ex_RInt_gauss. }
    refine (eq_ind _ (is_derive (fun x => E x ^ 2 + RInt (f x) 0 1) x)
      (is_derive_plus (fun x => E x ^ 2) (fun x => RInt (f x) 0 1) x _ _ H1 H2) _ _).
    rewrite I; unfold plus; simpl; ring. }
  assert (F0 : E 0 ^ 2 + RInt (f 0) 0 1 = PI / 4).
  { unfold E; rewrite RInt_point; unfold zero; simpl.
    rewrite (is_RInt_unique (f 0) 0 1 (atan 1 - atan 0)); [rewrite atan_1, atan_0; ring |].
    apply (is_RInt_ext (fun t => / (1 + t ^ 2))).
    { intros t _; unfold f; replace (- (0 ^ 2 * (1 + t ^ 2))) with 0 by ring; rewrite exp_0.
      symmetry; apply Rmult_1_l. }
    apply (is_RInt_derive atan).
    - intros t _; apply is_derive_Reals.
      apply derivable_pt_lim_atan.
    - intros t _; apply (ex_derive_continuous (fun t => / (1 + t ^ 2))); auto_derive; nra. }
  intros x [Hx | <-]; [| exact F0].
  rewrite <- F0; symmetry; apply (eq_is_derive (fun x => E x ^ 2 + RInt (f x) 0 1)); [| exact Hx].
  intros t _; apply DF.
Qed.

Lemma erf_0 : erf 0 = 0.
Proof. unfold erf; rewrite RInt_point; unfold zero; simpl; ring. Qed.

(* erf is odd. *)
Lemma erf_opp : forall x : R, erf (- x) = - erf x.
Proof.
  intros x; unfold erf.
  replace (RInt (fun t => exp (- t ^ 2)) 0 (- x)) with (- RInt (fun t => exp (- t ^ 2)) 0 x); [ring |].
  replace (- x) with (- (1) * x + 0) by ring; replace 0 with (- (1) * 0 + 0) at 2 by ring.
  apply eq_trans with (2 := RInt_comp_lin (fun t => exp (- t ^ 2)) (- (1)) 0 0 x (ex_RInt_gauss _ _)).
  symmetry; apply is_RInt_unique, (is_RInt_ext (fun t => - exp (- t ^ 2))).
  - intros t _; unfold scal; simpl; unfold mult; simpl.
    replace (- ((- (1) * t + 0) * ((- (1) * t + 0) * 1))) with (- (t * (t * 1))) by ring; ring.
  - apply (is_RInt_opp (fun t => exp (- t ^ 2))), (RInt_correct (V := R_CompleteNormedModule)), ex_RInt_gauss.
Qed.

(* |erf| <= 1, for activations whose derivatives contain erf itself (as GELU's). *)
Lemma abs_erf_le : forall x : R, Rabs (erf x) <= 1.
Proof.
  assert (P : forall x, 0 <= x -> Rabs (erf x) <= 1).
  { intros x Hx; unfold erf; set (E := RInt (fun t => exp (- t ^ 2)) 0 x).
    assert (HE : E ^ 2 <= PI / 4).
    { rewrite <- (gauss_trick x Hx); fold E.
      enough (0 <= RInt (fun t => exp (- (x ^ 2 * (1 + t ^ 2))) / (1 + t ^ 2)) 0 1) by lra.
      apply RInt_ge_0; [lra | |].
      - apply (ex_RInt_continuous (V := R_CompleteNormedModule)); intros t _.
        apply (ex_derive_continuous (fun t => exp (- (x ^ 2 * (1 + t ^ 2))) / (1 + t ^ 2))); auto_derive; nra.
      - intros t _; left; apply Rdiv_lt_0_compat; [apply exp_pos | nra]. }
    generalize PI_RGT_0; intros HP; assert (HS : 0 < sqrt PI) by (apply sqrt_lt_R0; lra).
    rewrite <- (Rabs_pos_eq 1) by lra; apply Rsqr_le_abs_0; unfold Rsqr.
    apply (Rmult_le_reg_r (PI / 4)); [lra |].
    replace (2 / sqrt PI * E * (2 / sqrt PI * E) * (PI / 4)) with (E ^ 2 * (PI / (sqrt PI * sqrt PI))).
    - rewrite sqrt_sqrt; [| lra]; replace (PI / PI) with 1 by (field; lra); lra.
    - field; lra. }
  intros x; destruct (Rle_lt_dec 0 x) as [H | H]; [exact (P x H) |].
  rewrite <- (Rabs_Ropp (erf x)), <- erf_opp; apply P; lra.
Qed.

(* The tail of tanh': 1 - tanh(x)^2 <= 4 exp(-2|x|). *)
Lemma tanh_tail : forall x : R, 1 - tanh x ^ 2 <= 4 * exp (- (2 * Rabs x)).
Proof.
  assert (P : forall y, 1 - (1 - 2 / (exp y + 1)) ^ 2 <= 4 * exp (- y)).
  { intros y; rewrite exp_Ropp; generalize (exp_pos y); intros H.
    apply (Rmult_le_reg_r (exp y * (exp y + 1) ^ 2)); [nra |]; field_simplify; nra. }
  intros x; rewrite tanh_exp; unfold Rabs; destruct (Rcase_abs x) as [H | H]; [| apply P].
  replace ((1 - 2 / (exp (2 * x) + 1)) ^ 2) with ((1 - 2 / (exp (2 * - x) + 1)) ^ 2); [apply P |].
  replace (2 * - x) with (- (2 * x)) by ring; rewrite exp_Ropp.
  generalize (exp_pos (2 * x)); intros E; field; lra.
Qed.

(* The tail of the derivative s(1 - s) of the logistic function s = 1/(1 + exp x): at most exp(-|x|). *)
Lemma logistic_tail : forall x : R, / (1 + exp x) * (1 - / (1 + exp x)) <= exp (- Rabs x).
Proof.
  intros x; unfold Rabs; destruct (Rcase_abs x) as [H | H]; rewrite ?Ropp_involutive, ?exp_Ropp;
    generalize (exp_pos x); intros E.
  - apply (Rmult_le_reg_r ((1 + exp x) ^ 2)); [nra |]; field_simplify; nra.
  - apply (Rmult_le_reg_r (exp x * (1 + exp x) ^ 2)); [nra |]; field_simplify; nra.
Qed.

(* A sequence of functions, each the derivative of the one before, gives the higher derivatives. *)
Lemma is_derive_n_chain : forall s : nat -> R -> R, (forall j z, is_derive (s j) z (s (S j) z)) ->
  forall j z, is_derive_n (s 0%nat) j z (s j z).
Proof.
  intros s H j; induction j as [| j IH]; intros z; [reflexivity |].
  apply (is_derive_ext (s j)); [| apply H].
  intros t; symmetry; apply is_derive_n_unique, IH.
Qed.

(* The same for the second and third derivative. *)
Lemma is_derive_n_2 : forall f f1 f2 : R -> R,
  (forall z, is_derive f z (f1 z)) -> (forall z, is_derive f1 z (f2 z)) -> forall z, is_derive_n f 2 z (f2 z).
Proof.
  intros f f1 f2 H1 H2 z; apply (is_derive_ext f1); [| apply H2].
  intros t; symmetry; apply is_derive_unique, H1.
Qed.

Lemma is_derive_n_3 : forall f f1 f2 f3 : R -> R,
  (forall z, is_derive f z (f1 z)) -> (forall z, is_derive f1 z (f2 z)) -> (forall z, is_derive f2 z (f3 z)) ->
  forall z, is_derive_n f 3 z (f3 z).
Proof.
  intros f f1 f2 f3 H1 H2 H3 z; apply (is_derive_ext f2); [| apply H3].
  intros t; symmetry; apply (is_derive_n_unique f 2), (is_derive_n_2 f f1 f2 H1 H2).
Qed.
