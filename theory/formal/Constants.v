(* The numbers of the suite: decimal enclosures by interval arithmetic over integer floats, and the function
   0F1(;b;x) = sum_k x^k / ((b)_k k!), which stands in the formulas for means over the sphere of radius sqrt d:

     E cos(v.x) = 0F1(; d/2; -d |v|^2/4),
     E sigma'(z) P_l(z/sqrt d) = kappa_l d^(l/2) / (d (d+2) ... (d+2l-2)) 0F1(; d/2 + l; -d/4),
     kappa_l = sqrt 2 cos(pi (2l+1)/4), for sigma' = cos - sin, the derivative of sigma = sin + cos.

   What is proved of it: the series converges, its partial sums enclose it in turn from above and below, the value
   at (d/2 + l, -d/4) lies in [1/2, 1] for every d and l, so that no right side of the second formula vanishes, and
   for l = 0 it tends to exp(-1/2), its value for Gaussian data, as d grows.  Of the two formulas themselves only the
   first is proved, in dimension 3. *)
From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From NTK Require Import Enclosure.
Open Scope R_scope.

(* The suprema of Activation.v to ten decimals. *)
Theorem digits_of_suprema :
  1.4142135623 < sqrt 2 < 1.4142135624 /\
  0.7698003589 < 4 / (3 * sqrt 3) < 0.7698003590 /\
  1.1283791670 < 2 / sqrt PI < 1.1283791671 /\
  0.9678828980 < 2 / sqrt PI * sqrt 2 * exp (- (1 / 2)) < 0.9678828981 /\
  2.2567583341 < 4 / sqrt PI < 2.2567583342 /\
  0.0962250448 < 1 / (6 * sqrt 3) < 0.0962250449.
Proof. repeat apply conj; interval with (i_prec 60). Qed.

(* Other ways in which the suite writes two of them. *)
Theorem other_forms_of_suprema :
  2 / sqrt PI * sqrt 2 * exp (- (1 / 2)) = 2 * sqrt 2 / sqrt (PI * exp 1) /\ 1 / (6 * sqrt 3) = sqrt 3 / 18.
Proof.
  assert (P : 0 < sqrt PI) by apply sqrt_lt_R0, PI_RGT_0.
  assert (E : 0 < exp (1 / 2)) by apply exp_pos.
  split.
  - replace (exp 1) with (exp (1 / 2) * exp (1 / 2)) by (rewrite <- exp_plus; f_equal; field).
    rewrite sqrt_mult, sqrt_square, exp_Ropp; [field; lra | lra | generalize PI_RGT_0; lra | nra].
  - assert (T : sqrt 3 * sqrt 3 = 3) by (apply sqrt_sqrt; lra).
    transitivity (sqrt 3 * sqrt 3 / 18 / sqrt 3); [rewrite T |]; field; nra.
Qed.

(* exp(-1/2), which is E cos z for a standard Gaussian z, and its square. *)
Theorem digits_of_gaussian_limit :
  0.6065306597 < exp (- (1 / 2)) < 0.6065306598 /\ 0.3678794411 < exp (- (1)) < 0.3678794412.
Proof. repeat apply conj; interval with (i_prec 60). Qed.

(* The rising factorial (b)_k = b (b+1) ... (b+k-1). *)
Fixpoint rising (b : R) (k : nat) : R :=
  match k with O => 1 | S j => rising b j * (b + INR j) end.

(* 0F1(;b;x): its k-th term and its sum. *)
Definition F01_term (b x : R) (k : nat) : R := x ^ k / (rising b k * INR (fact k)).
Definition F01 (b x : R) : R := Series (F01_term b x).

Lemma rising_pos : forall (b : R) (k : nat), 0 < b -> 0 < rising b k.
Proof.
  intros b k H; induction k as [| k IH]; simpl; [lra |].
  apply Rmult_lt_0_compat; [exact IH | generalize (pos_INR k); lra].
Qed.

Lemma rising_ge : forall (b : R) (k : nat), 0 < b -> b ^ k <= rising b k.
Proof.
  intros b k H; induction k as [| k IH]; simpl; [lra |].
  rewrite Rmult_comm; apply Rmult_le_compat; [apply pow_le; lra | lra | exact IH | generalize (pos_INR k); lra].
Qed.

(* The terms by their ratio: what a machine can evaluate. *)
Lemma F01_term_S : forall (b x : R) (k : nat), 0 < b ->
  F01_term b x (S k) = F01_term b x k * (x / ((b + INR k) * (INR k + 1))).
Proof.
  intros b x k H; unfold F01_term; generalize (rising_pos b k H) (INR_fact_lt_0 k) (pos_INR k); intros P Q S.
  rewrite fact_simpl, mult_INR, S_INR; simpl; field; lra.
Qed.

Lemma F01_term_0 : forall b x : R, F01_term b x 0 = 1.
Proof. intros b x; unfold F01_term; simpl; field. Qed.

Lemma is_series_exp : forall x : R, is_series (fun k => x ^ k / INR (fact k)) (exp x).
Proof.
  intros x; apply (is_series_ext (fun k => scal (pow_n x k) (/ INR (fact k)))); [| apply is_exp_Reals].
  intros k; rewrite pow_n_pow; reflexivity.
Qed.

(* The series converges for every x, when b > 0. *)
Lemma ex_series_F01 : forall b x : R, 0 < b -> ex_series (F01_term b x).
Proof.
  intros b x H; apply (ex_series_le (F01_term b x) (fun k => (Rabs x / b) ^ k / INR (fact k))).
  - intros k; unfold F01_term, norm; simpl; unfold abs; simpl.
    generalize (rising_pos b k H) (rising_ge b k H) (INR_fact_lt_0 k) (pow_lt b k H); intros P Q S T.
    assert (U : 0 < rising b k * INR (fact k)) by (apply Rmult_lt_0_compat; lra).
    unfold Rdiv; rewrite Rabs_mult, <- RPow_abs, (Rabs_pos_eq (/ _)); [| left; apply Rinv_0_lt_compat, U].
    rewrite Rpow_mult_distr, pow_inv, (Rinv_mult (rising b k)), <- Rmult_assoc.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, S |].
    apply Rmult_le_compat_l; [apply pow_le, Rabs_pos | apply Rinv_le_contravar; lra].
  - exists (exp (Rabs x / b)); apply is_series_exp.
Qed.

(* For 0 <= y <= b the series at -y alternates with decreasing terms, so 0F1 lies between two partial sums. *)
Theorem F01_between_partial_sums : forall (b y : R) (N : nat), 0 < b -> 0 <= y <= b ->
  sum_f_R0 (F01_term b (- y)) (2 * N + 1) <= F01 b (- y) <= sum_f_R0 (F01_term b (- y)) (2 * N).
Proof.
  intros b y N H Hy.
  assert (A : forall k, F01_term b (- y) k = tg_alt (F01_term b y) k).
  { intros k; unfold F01_term, tg_alt; replace (- y) with (-1 * y) by ring; rewrite Rpow_mult_distr.
    unfold Rdiv; ring. }
  assert (P : forall k, 0 <= F01_term b y k).
  { intros k; unfold F01_term; apply Rmult_le_pos; [apply pow_le; lra |].
    left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; [apply rising_pos, H | apply INR_fact_lt_0]. }
  rewrite !(sum_eq _ _ _ (fun k _ => A k)); replace (2 * N + 1)%nat with (S (2 * N)) by lia.
  apply alternated_series_ineq.
  - intros k; rewrite F01_term_S; [| exact H]; rewrite <- (Rmult_1_r (F01_term b y k)) at 2.
    apply Rmult_le_compat_l; [apply P |]; generalize (pos_INR k); intros K.
    apply (Rmult_le_reg_r ((b + INR k) * (INR k + 1))); [nra |]; field_simplify; nra.
  - apply is_lim_seq_Reals, ex_series_lim_0, ex_series_F01, H.
  - apply is_lim_seq_Reals, (is_lim_seq_ext (sum_n (F01_term b (- y)))).
    + intros n; rewrite sum_n_Reals; apply sum_eq; intros k _; apply A.
    + apply (Series_correct (F01_term b (- y))), ex_series_F01, H.
Qed.

(* The series in the formula for E sigma'(z) P_l(z/sqrt d), sigma' = cos - sin, lies in [1/2, 1], for every d and l. *)
Theorem F01_of_coefficients : forall (d : R) (l : nat), 0 < d -> 1 / 2 <= F01 (d / 2 + INR l) (- (d / 4)) <= 1.
Proof.
  intros d l H; generalize (pos_INR l); intros L.
  destruct (F01_between_partial_sums (d / 2 + INR l) (d / 4) 0) as [A B]; [lra | lra |].
  simpl in A, B; rewrite F01_term_0 in B; split; [| exact B].
  apply Rle_trans with (2 := A); rewrite F01_term_S, F01_term_0; [simpl | lra].
  apply (Rmult_le_reg_r (d / 2 + INR l)); [lra |]; field_simplify; lra.
Qed.

(* The formula for E sigma'(z) P_l(z/sqrt d), sigma' = cos - sin, is never 0:
   kappa_l d^(l/2) / (d (d+2) ... (d+2l-2)) 0F1(; d/2 + l; -d/4) <> 0 for every d and l, where
   d (d+2) ... (d+2l-2) = 2^l (d/2)_l.  That it is this mean is not proved here. *)
Theorem slope_coefficients_nonzero : forall (d : R) (l : nat), 0 < d ->
  sqrt 2 * cos (PI / 4 * (2 * INR l + 1)) * sqrt d ^ l / (2 ^ l * rising (d / 2) l)
    * F01 (d / 2 + INR l) (- (d / 4)) <> 0.
Proof.
  intros d l H.
  assert (K : cos (PI / 4 * (2 * INR l + 1)) <> 0).
  { intros Z; generalize (cos_2a_cos (PI / 4 * (2 * INR l + 1))); rewrite Z.
    replace (2 * (PI / 4 * (2 * INR l + 1))) with (INR l * PI + PI / 2) by field.
    rewrite cos_plus, cos_PI2, sin_PI2.
    assert (S : sin (INR l * PI) = 0).
    { apply sin_eq_0_1; exists (Z.of_nat l); rewrite <- INR_IZR_INZ; reflexivity. }
    rewrite S; lra. }
  generalize (F01_of_coefficients d l H); intros F.
  assert (P : 0 < 2 ^ l * rising (d / 2) l).
  { apply Rmult_lt_0_compat; [apply pow_lt; lra | apply rising_pos; lra]. }
  assert (D : 0 < sqrt d ^ l) by apply pow_lt, sqrt_lt_R0, H.
  generalize Rlt_sqrt2_0; intros Q.
  apply Rmult_integral_contrapositive; split; [| lra].
  apply Rmult_integral_contrapositive; split; [| apply Rinv_neq_0_compat; lra].
  repeat (apply Rmult_integral_contrapositive; split); lra.
Qed.

(* In dimension 3 a coordinate z of a point on the sphere of radius sqrt 3 is uniform on [-sqrt 3, sqrt 3]
   (Archimedes), so here the closed form can be compared with the mean itself: E cos(v z) = 0F1(; 3/2; -3 v^2/4). *)
Theorem F01_sphere_mean_3 : forall v : R, v <> 0 ->
  RInt (fun z => cos (v * z)) (- sqrt 3) (sqrt 3) / (2 * sqrt 3) = F01 (3 / 2) (- (3 * v ^ 2 / 4)).
Proof.
  intros v Hv; assert (T : 0 < sqrt 3) by (apply sqrt_lt_R0; lra).
  rewrite (is_RInt_unique _ _ _ (sin (v * sqrt 3) / v - sin (v * - sqrt 3) / v)).
  2:{ apply (is_RInt_derive (fun z => sin (v * z) / v)).
      - intros z _; auto_derive; [trivial | field; exact Hv].
      - intros z _; apply (ex_derive_continuous (fun z => cos (v * z))); auto_derive; trivial. }
  replace (v * - sqrt 3) with (- (v * sqrt 3)) by ring; rewrite sin_neg.
  replace (- (3 * v ^ 2 / 4)) with (- (Rsqr (v * sqrt 3) / 4))
    by (unfold Rsqr; rewrite <- (sqrt_sqrt 3) at 3; [field | lra]).
  transitivity (sin (v * sqrt 3) / (v * sqrt 3)); [field; lra |].
  generalize (Rmult_integral_contrapositive_currified v (sqrt 3) Hv (Rgt_not_eq _ _ T)).
  generalize (v * sqrt 3); intros y Hy; unfold sin; destruct (exist_sin (Rsqr y)) as [s Hs].
  replace (y * s / y) with s by (field; exact Hy); symmetry; apply is_series_unique.
  apply (is_series_ext (fun k => sin_n k * Rsqr y ^ k)); [| apply is_series_Reals; exact Hs].
  intros k; induction k as [| k IH].
  - rewrite F01_term_0; unfold sin_n; simpl; field.
  - rewrite F01_term_S, <- IH; [| lra]; unfold sin_n.
    replace (2 * S k + 1)%nat with (S (S (2 * k + 1))) by lia.
    rewrite !fact_simpl, !mult_INR, !S_INR, plus_INR, mult_INR.
    generalize (INR_fact_lt_0 (2 * k + 1)) (pos_INR k); generalize (INR (fact (2 * k + 1))); intros f P Q.
    simpl; field; lra.
Qed.

(* (b)_k is b^k up to a relative error of k (k - 1) / (2 b). *)
Lemma rising_near_power : forall (b : R) (k : nat), 0 < b ->
  rising b k * (1 - INR k * (INR k - 1) / (2 * b)) <= b ^ k.
Proof.
  intros b k H; induction k as [| k IH]; [simpl; lra |].
  rewrite S_INR; simpl; generalize (pos_INR k) (rising_pos b k H); intros K P.
  assert (E0 : 0 <= INR k * (INR k * (INR k - 1) / (2 * b) + INR k / b)).
  { replace (INR k * (INR k * (INR k - 1) / (2 * b) + INR k / b))
      with (INR k * INR k * (INR k + 1) * / (2 * b)) by (field; lra).
    apply Rmult_le_pos; [nra | left; apply Rinv_0_lt_compat; lra]. }
  apply Rle_trans with (b * (rising b k * (1 - INR k * (INR k - 1) / (2 * b)))); [| apply Rmult_le_compat_l; lra].
  replace (rising b k * (b + INR k) * (1 - (INR k + 1) * (INR k + 1 - 1) / (2 * b)))
    with (b * (rising b k * (1 - INR k * (INR k - 1) / (2 * b)))
      - rising b k * (INR k * (INR k * (INR k - 1) / (2 * b) + INR k / b))) by (field; lra).
  nra.
Qed.

(* The sum that bounds all the errors: sum_k (1/2)^k k (k-1) / (2 b k!) = exp(1/2) / (8 b). *)
Lemma is_series_errors : forall b : R, 0 < b ->
  is_series (fun k => (1 / 2) ^ k * (INR k * (INR k - 1) / (2 * b)) / INR (fact k)) (exp (1 / 2) / (8 * b)).
Proof.
  intros b H; apply is_series_decr_1, is_series_decr_1.
  apply (is_series_ext (fun k => scal (/ (8 * b)) ((1 / 2) ^ k / INR (fact k)))).
  - intros k; match goal with |- scal ?u ?v = ?w => change (u * v = w) end.
    rewrite !fact_simpl, !mult_INR, !S_INR, <- !tech_pow_Rmult.
    generalize (INR_fact_lt_0 k) (pos_INR k); intros P Q; field; lra.
  - replace (plus (plus _ _) _) with (scal (/ (8 * b)) (exp (1 / 2))).
    + apply (is_series_scal (/ (8 * b)) (fun k => (1 / 2) ^ k / INR (fact k))), is_series_exp.
    + match goal with |- scal ?u ?v = plus (plus ?a (opp ?b0)) (opp ?c) => change (u * v = a - b0 - c) end.
      simpl; field; lra.
Qed.

(* The limit of large dimension, with its rate: |0F1(; d/2; -d/4) - exp(-1/2)| <= exp(1/2) / (4 d). *)
Theorem F01_gaussian_limit : forall d : R, 0 < d ->
  Rabs (F01 (d / 2) (- (d / 4)) - exp (- (1 / 2))) <= exp (1 / 2) / (4 * d).
Proof.
  intros d Hd; assert (H : 0 < d / 2) by lra.
  assert (G := is_series_exp (- (1 / 2))); assert (C := is_series_errors (d / 2) H).
  assert (B : forall k, Rabs (F01_term (d / 2) (- (d / 4)) k - (- (1 / 2)) ^ k / INR (fact k))
    <= (1 / 2) ^ k * (INR k * (INR k - 1) / (2 * (d / 2))) / INR (fact k)).
  { intros k; generalize (rising_pos (d / 2) k H) (rising_ge (d / 2) k H) (rising_near_power (d / 2) k H).
    generalize (INR_fact_lt_0 k) (INR k * (INR k - 1) / (2 * (d / 2))); intros F e P Q S.
    assert (I : 0 < / INR (fact k)) by (apply Rinv_0_lt_compat, F).
    unfold F01_term; replace (- (d / 4)) with (- (1 / 2) * (d / 2)) by field; rewrite Rpow_mult_distr.
    replace ((- (1 / 2)) ^ k * (d / 2) ^ k / (rising (d / 2) k * INR (fact k)) - (- (1 / 2)) ^ k / INR (fact k))
      with ((- (1 / 2)) ^ k * ((d / 2) ^ k / rising (d / 2) k - 1) * / INR (fact k)) by (field; lra).
    rewrite 2!Rabs_mult, <- RPow_abs, Rabs_Ropp, (Rabs_pos_eq (1 / 2)), (Rabs_pos_eq (/ _)); [| lra | lra].
    apply Rmult_le_compat_r; [lra |]; apply Rmult_le_compat_l; [apply pow_le; lra |].
    replace ((d / 2) ^ k / rising (d / 2) k - 1) with (- ((rising (d / 2) k - (d / 2) ^ k) / rising (d / 2) k))
      by (field; lra).
    rewrite Rabs_Ropp, Rabs_pos_eq.
    - apply (Rmult_le_reg_r (rising (d / 2) k)); [exact P |].
      replace ((rising (d / 2) k - (d / 2) ^ k) / rising (d / 2) k * rising (d / 2) k)
        with (rising (d / 2) k - (d / 2) ^ k) by (field; lra); nra.
    - apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat, P]. }
  apply Rle_trans with (exp (1 / 2) / (8 * (d / 2))); [| right; field; lra].
  unfold F01; rewrite <- (is_series_unique _ _ G), <- Series_minus; [| apply ex_series_F01, H | eexists; exact G].
  rewrite <- (is_series_unique _ _ C); eapply Rle_trans; [apply Series_Rabs |].
  - apply (ex_series_le (fun k => Rabs (F01_term (d / 2) (- (d / 4)) k - (- (1 / 2)) ^ k / INR (fact k)))
      (fun k => (1 / 2) ^ k * (INR k * (INR k - 1) / (2 * (d / 2))) / INR (fact k))); [| eexists; exact C].
    intros k; unfold norm; simpl; unfold abs; simpl; rewrite Rabs_Rabsolu; apply B.
  - apply Series_le; [| eexists; exact C]; intros k; split; [apply Rabs_pos | apply B].
Qed.

(* Partial sums by nested multiplication, which interval arithmetic evaluates: 1 + r_0 (1 + r_1 (1 + ...)) with
   the ratios r_k = x / ((b + k)(k + 1)); c is k as a real number. *)
Fixpoint nested (b x c : R) (n : nat) : R :=
  match n with O => 1 | S m => 1 + x / ((b + c) * (c + 1)) * nested b x (c + 1) m end.

Lemma nested_sum : forall (b x : R) (n k : nat), 0 < b ->
  sum_f_R0 (fun i => F01_term b x (k + i)) n = F01_term b x k * nested b x (INR k) n.
Proof.
  intros b x n; induction n as [| n IH]; intros k H; [simpl; rewrite Nat.add_0_r; ring |].
  rewrite decomp_sum by lia; simpl pred; simpl nested.
  rewrite (sum_eq _ (fun i => F01_term b x (S k + i))) by (intros i _; f_equal; lia).
  rewrite (IH (S k) H), F01_term_S, S_INR, Nat.add_0_r by exact H; ring.
Qed.

Lemma F01_enclosed : forall b y : R, 0 < b -> 0 <= y <= b -> nested b (- y) 0 13 <= F01 b (- y) <= nested b (- y) 0 12.
Proof.
  intros b y H Hy; generalize (nested_sum b (- y) 13 0 H) (nested_sum b (- y) 12 0 H).
  generalize (F01_between_partial_sums b y 6 H Hy); rewrite F01_term_0, !Rmult_1_l.
  change (2 * 6 + 1)%nat with 13%nat; change (2 * 6)%nat with 12%nat; change (INR 0) with 0.
  change (fun i => F01_term b (- y) (0 + i)) with (F01_term b (- y)); intros C <- <-; exact C.
Qed.

(* E cos(w.x) for a unit vector w, x on the sphere of radius sqrt d: j(1) = 0F1(; d/2; -d/4), to ten decimals. *)
Theorem digits_of_sphere_means :
  0.5698600991 < F01 (3 / 2) (- (3 / 4)) < 0.5698600992 /\
  0.6028176378 < F01 (40 / 2) (- (40 / 4)) < 0.6028176379 /\
  0.6062278761 < F01 (500 / 2) (- (500 / 4)) < 0.6062278762.
Proof.
  assert (H : forall l u b y, 0 < b -> 0 <= y <= b -> l < nested b (- y) 0 13 -> nested b (- y) 0 12 < u ->
    l < F01 b (- y) < u).
  { intros l u b y Hb Hy L U; generalize (F01_enclosed b y Hb Hy); lra. }
  split; [| split]; apply H; try lra; unfold nested; interval with (i_prec 60).
Qed.
