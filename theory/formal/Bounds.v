(* What the generated proofs use: the rules of differentiation, one for each kind of node of an expression, and the
   ways to bound a derivative on the whole line.

   A generated proof composes the rules bottom-up, so that every rule has the form: if u' = du, then F(u)' = ....
   For the bounds: exponentials by powers of one letter, the decay z^k exp(q(z)) <= R^k exp(q(R)) beyond R, periods
   of sin and cos, and erf by a polynomial times a Gaussian with a proved error. *)
From Coq Require Import Reals Lra Lia Psatz ZArith.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From NTK Require Import Functions Enclosure.
Open Scope R_scope.

(* A natural number as the real that decimal numerals denote. *)
Definition numeral (n : nat) : R := IZR (Z.of_nat n).

Lemma INR_numeral : forall n : nat, INR n = numeral n.
Proof. exact INR_IZR_INZ. Qed.

(* -- rules of differentiation *)

Lemma rule_constant : forall c x : R, is_derive (fun _ => c) x 0.
Proof. intros c x; exact (is_derive_const c x). Qed.

Lemma rule_variable : forall x : R, is_derive (fun z => z) x 1.
Proof. intros x; exact (is_derive_id x). Qed.

Lemma rule_plus : forall (u v : R -> R) (x du dv : R),
  is_derive u x du -> is_derive v x dv -> is_derive (fun z => u z + v z) x (du + dv).
Proof. intros u v x du dv Hu Hv; exact (is_derive_plus u v x du dv Hu Hv). Qed.

Lemma rule_minus : forall (u v : R -> R) (x du dv : R),
  is_derive u x du -> is_derive v x dv -> is_derive (fun z => u z - v z) x (du - dv).
Proof. intros u v x du dv Hu Hv; exact (is_derive_minus u v x du dv Hu Hv). Qed.

Lemma rule_opp : forall (u : R -> R) (x du : R), is_derive u x du -> is_derive (fun z => - u z) x (- du).
Proof. intros u x du Hu; exact (is_derive_opp u x du Hu). Qed.

Lemma rule_mult : forall (u v : R -> R) (x du dv : R),
  is_derive u x du -> is_derive v x dv -> is_derive (fun z => u z * v z) x (du * v x + u x * dv).
Proof. intros u v x du dv Hu Hv; exact (is_derive_mult u v x du dv Hu Hv Rmult_comm). Qed.

Lemma rule_over : forall (u v : R -> R) (x du dw : R),
  is_derive u x du -> is_derive (fun z => / v z) x dw -> is_derive (fun z => u z / v z) x (du * / v x + u x * dw).
Proof. intros u v x du dw Hu Hv; exact (rule_mult u (fun z => / v z) x du dw Hu Hv). Qed.

(* The rest is one law: F' at u(x), times du. *)
Lemma rule_chain : forall (F u : R -> R) (x dF du : R),
  is_derive F (u x) dF -> is_derive u x du -> is_derive (fun z => F (u z)) x (dF * du).
Proof.
  intros F u x dF du HF Hu; rewrite Rmult_comm; exact (is_derive_comp F u x dF du HF Hu).
Qed.

Lemma rule_power : forall (n : nat) (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => u z ^ S n) x (numeral (S n) * u x ^ n * du).
Proof.
  intros n u x du Hu; rewrite <- INR_numeral, Rmult_assoc, (Rmult_comm (u x ^ n)), <- Rmult_assoc.
  exact (is_derive_pow u (S n) x du Hu).
Qed.

Lemma rule_inverse_power : forall (n : nat) (u : R -> R) (x du : R),
  is_derive u x du -> u x <> 0 -> is_derive (fun z => / u z ^ S n) x (- (numeral (S n) * / u x ^ S (S n) * du)).
Proof.
  intros n u x du Hu N.
  replace (- (numeral (S n) * / u x ^ S (S n) * du))
    with (- (numeral (S n) * u x ^ n * du) / (u x ^ S n) ^ 2).
  - apply is_derive_inv; [apply rule_power, Hu | apply pow_nonzero, N].
  - simpl; field; split; [apply pow_nonzero, N | exact N].
Qed.

Lemma rule_inverse : forall (u : R -> R) (x du : R),
  is_derive u x du -> u x <> 0 -> is_derive (fun z => / u z) x (- (/ u x ^ 2 * du)).
Proof.
  intros u x du Hu N; replace (- (/ u x ^ 2 * du)) with (- du / u x ^ 2) by (unfold Rdiv; ring).
  apply is_derive_inv; assumption.
Qed.

Lemma rule_exp : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => exp (u z)) x (exp (u x) * du).
Proof. intros u x du; apply (rule_chain exp u); apply is_derive_exp. Qed.

Lemma rule_ln : forall (u : R -> R) (x du : R),
  is_derive u x du -> 0 < u x -> is_derive (fun z => ln (u z)) x (/ u x * du).
Proof. intros u x du Hu P; apply (rule_chain ln u); [apply is_derive_ln, P | exact Hu]. Qed.

Lemma rule_sin : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => sin (u z)) x (cos (u x) * du).
Proof. intros u x du; apply (rule_chain sin u); apply is_derive_sin. Qed.

Lemma rule_cos : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => cos (u z)) x (- sin (u x) * du).
Proof. intros u x du; apply (rule_chain cos u); apply is_derive_cos. Qed.

Lemma rule_tan : forall (u : R -> R) (x du : R),
  is_derive u x du -> cos (u x) <> 0 -> is_derive (fun z => tan (u z)) x ((tan (u x) ^ 2 + 1) * du).
Proof. intros u x du Hu N; apply (rule_chain tan u); [apply is_derive_tan, N | exact Hu]. Qed.

Lemma rule_sinh : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => sinh (u z)) x (cosh (u x) * du).
Proof.
  intros u x du; apply (rule_chain sinh u); apply is_derive_Reals, derivable_pt_lim_sinh.
Qed.

Lemma rule_cosh : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => cosh (u z)) x (sinh (u x) * du).
Proof.
  intros u x du; apply (rule_chain cosh u); apply is_derive_Reals, derivable_pt_lim_cosh.
Qed.

Lemma rule_tanh : forall (u : R -> R) (x du : R),
  is_derive u x du -> is_derive (fun z => tanh (u z)) x ((1 - tanh (u x) ^ 2) * du).
Proof. intros u x du; apply (rule_chain tanh u); apply is_derive_tanh. Qed.

(* In the next rules the caller names the form of a part: w for 1 + u^2, q for -u^2, s for r - 1. *)
Lemma rule_atan : forall (w : R) (u : R -> R) (x du : R),
  is_derive u x du -> w = 1 + u x ^ 2 -> is_derive (fun z => atan (u z)) x (/ w * du).
Proof.
  intros w u x du Hu ->; apply (rule_chain atan u); [| exact Hu]; apply is_derive_Reals, derivable_pt_lim_atan.
Qed.

Lemma rule_erf : forall (q : R) (u : R -> R) (x du : R),
  is_derive u x du -> q = - u x ^ 2 -> is_derive (fun z => erf (u z)) x (2 * / sqrt PI * exp q * du).
Proof. intros q u x du Hu ->; apply (rule_chain erf u); [apply is_derive_erf | exact Hu]. Qed.

(* Powers of a root: the derivative of sqrt(u)^k is k/2 sqrt(u)^(k-2) u', for negative k as well. *)
Lemma rule_root : forall (u : R -> R) (x du : R),
  is_derive u x du -> 0 < u x -> is_derive (fun z => sqrt (u z)) x (/ 2 * / sqrt (u x) * du).
Proof.
  intros u x du Hu P; rewrite <- Rinv_mult; apply (rule_chain sqrt u); [| exact Hu].
  apply is_derive_Reals, derivable_pt_lim_sqrt, P.
Qed.

Lemma rule_root_power : forall (n : nat) (u : R -> R) (x du : R),
  is_derive u x du -> 0 < u x ->
  is_derive (fun z => sqrt (u z) ^ S (S n)) x (numeral (S (S n)) * / 2 * sqrt (u x) ^ n * du).
Proof.
  intros n u x du Hu P; generalize (sqrt_lt_R0 _ P); intros Q.
  replace (numeral (S (S n)) * / 2 * sqrt (u x) ^ n * du)
    with (numeral (S (S n)) * sqrt (u x) ^ S n * (/ 2 * / sqrt (u x) * du)) by (simpl; field; lra).
  apply (rule_power (S n) (fun z => sqrt (u z))), rule_root; assumption.
Qed.

Lemma rule_root_inverse_power : forall (n : nat) (u : R -> R) (x du : R),
  is_derive u x du -> 0 < u x ->
  is_derive (fun z => / sqrt (u z) ^ S n) x (- (numeral (S n) * / 2 * / sqrt (u x) ^ S (S (S n)) * du)).
Proof.
  intros n u x du Hu P; generalize (sqrt_lt_R0 _ P); intros Q.
  replace (- (numeral (S n) * / 2 * / sqrt (u x) ^ S (S (S n)) * du))
    with (- (numeral (S n) * / sqrt (u x) ^ S (S n) * (/ 2 * / sqrt (u x) * du))).
  - apply (rule_inverse_power n (fun z => sqrt (u z))); [apply rule_root; assumption | lra].
  - simpl; field; split; [apply pow_nonzero |]; lra.
Qed.

Lemma rule_root_inverse : forall (u : R -> R) (x du : R),
  is_derive u x du -> 0 < u x -> is_derive (fun z => / sqrt (u z)) x (- (/ 2 * / sqrt (u x) ^ 3 * du)).
Proof.
  intros u x du Hu P; generalize (rule_root_inverse_power 0 u x du Hu P); unfold numeral; simpl Z.of_nat.
  intros H; apply (is_derive_ext (fun z => / sqrt (u z) ^ 1)); [intros t; rewrite pow_1; reflexivity |].
  replace (- (/ 2 * / sqrt (u x) ^ 3 * du)) with (- (1 * / 2 * / sqrt (u x) ^ 3 * du)) by ring; exact H.
Qed.

Lemma rule_real_power : forall (r s : R) (u : R -> R) (x du : R),
  is_derive u x du -> s = r - 1 -> 0 < u x -> is_derive (fun z => Rpower (u z) r) x (r * Rpower (u x) s * du).
Proof.
  intros r s u x du Hu -> P; apply (rule_chain (fun y => Rpower y r) u); [| exact Hu].
  apply is_derive_Reals, derivable_pt_lim_power, P.
Qed.

Lemma rule_exponential : forall (u v : R -> R) (x du dv : R),
  is_derive u x du -> is_derive v x dv -> 0 < u x ->
  is_derive (fun z => Rpower (u z) (v z)) x (Rpower (u x) (v x) * (dv * ln (u x) + v x * / u x * du)).
Proof.
  intros u v x du dv Hu Hv P; unfold Rpower.
  replace (dv * ln (u x) + v x * / u x * du) with (dv * ln (u x) + v x * (/ u x * du)) by ring.
  apply (rule_exp (fun z => v z * ln (u z))), (rule_mult v (fun z => ln (u z)));
    [exact Hv | apply rule_ln; assumption].
Qed.

(* The last step: the composed derivative is the stated one. *)
Lemma rule_equal : forall (u : R -> R) (x du dv : R), is_derive u x du -> du = dv -> is_derive u x dv.
Proof. intros u x du dv H <-; exact H. Qed.

(* -- signs, by structure; what is left to interval arithmetic is bounded parts *)

Lemma even_power : forall (k : nat) (x : R), 0 <= x ^ (2 * k).
Proof. intros k x; rewrite pow_mult; apply pow_le, pow2_ge_0. Qed.

Lemma tanh_range : forall u : R, -1 <= tanh u <= 1.
Proof. intros u; generalize (tanh_bounds u); lra. Qed.

Lemma logistic_range : forall u : R, 0 <= / (1 + exp u) <= 1.
Proof. intros u; generalize (logistic_bounds u); lra. Qed.

Lemma erf_range : forall u : R, -1 <= erf u <= 1.
Proof. intros u; apply Rabs_le_between, abs_erf_le. Qed.

(* Every tanh and erf becomes a letter in [-1, 1]. *)
Ltac ranges :=
  repeat match goal with
    | |- context [tanh ?u] => generalize (tanh_range u); generalize (tanh u); intros ? ?
    | |- context [erf ?u] => generalize (erf_range u); generalize (erf u); intros ? ?
    end.

Ltac sign :=
  solve
    [ assumption
    | apply exp_pos
    | apply cosh_pos
    | apply PI_RGT_0
    | lra
    | match goal with
      | |- _ <> 0 => apply Rgt_not_eq; unfold Rgt; sign
      | |- _ <> 0 => apply Rlt_not_eq; sign
      | |- - _ <> 0 => apply Ropp_neq_0_compat; sign
      | |- _ * _ <> 0 => apply Rmult_integral_contrapositive_currified; sign
      | |- 0 < sqrt _ => apply sqrt_lt_R0; sign
      | |- 0 < / _ => apply Rinv_0_lt_compat; sign
      | |- 0 < _ ^ _ => apply pow_lt; sign
      | |- 0 < Rpower _ _ => apply exp_pos
      | |- 0 < _ * _ => apply Rmult_lt_0_compat; sign
      | |- 0 < _ + _ => apply Rplus_lt_0_compat; sign
      | |- 0 < _ + _ => apply Rplus_lt_le_0_compat; sign
      | |- 0 < _ + _ => apply Rplus_le_lt_0_compat; sign
      | |- 0 <= exp _ => apply Rlt_le, exp_pos
      | |- 0 <= _ ^ 2 => apply pow2_ge_0
      | |- 0 <= _ ^ 4 => apply (even_power 2)
      | |- 0 <= _ ^ 6 => apply (even_power 3)
      | |- 0 <= _ ^ 8 => apply (even_power 4)
      | |- 0 <= sqrt _ => apply sqrt_pos
      | |- 0 <= / _ => apply Rlt_le, Rinv_0_lt_compat; sign
      | |- 0 <= _ ^ _ => apply pow_le; sign
      | |- 0 <= _ * _ => apply Rmult_le_pos; sign
      | |- 0 <= _ + _ => apply Rplus_le_le_0_compat; sign
      end
    | ranges; interval with (i_prec 60)
    | nra ].

(* -- one letter for several exponentials *)

Lemma exp_numeral : forall (n : nat) (y : R), exp y ^ n = exp (numeral n * y).
Proof.
  intros n y; rewrite <- INR_numeral; induction n as [| n IH]; [simpl; rewrite Rmult_0_l, exp_0; reflexivity |].
  rewrite S_INR; simpl pow; rewrite IH, <- exp_plus; f_equal; ring.
Qed.

(* Proves exp x = a product of powers and inverses of exponentials. *)
Ltac exponents :=
  rewrite ?exp_numeral, <- ?exp_Ropp, <- ?exp_plus; unfold numeral; cbn [Z.of_nat Pos.of_succ_nat Pos.succ];
  apply f_equal; field; repeat split; sign.

Lemma tanh_logistic : forall u : R, tanh u = 1 - 2 * / (1 + exp (2 * u)).
Proof. intros u; rewrite tanh_exp, (Rplus_comm 1); reflexivity. Qed.

Lemma tanh_of : forall u w : R, w = 2 * u -> tanh u = 1 - 2 * / (1 + exp w).
Proof. intros u w ->; apply tanh_logistic. Qed.

Lemma sinh_exp : forall u : R, sinh u = (exp u - / exp u) / 2.
Proof. intros u; unfold sinh; rewrite exp_Ropp; reflexivity. Qed.

Lemma cosh_exp : forall u : R, cosh u = (exp u + / exp u) / 2.
Proof. intros u; unfold cosh; rewrite exp_Ropp; reflexivity. Qed.

Lemma tanh_ln : forall w : R, 0 < w -> tanh (ln w) = (w ^ 2 - 1) * / (w ^ 2 + 1).
Proof.
  intros w P; unfold tanh, sinh, cosh; rewrite exp_Ropp, exp_ln by exact P; field; repeat split; nra.
Qed.

(* -- roots: beyond a start the root of a polynomial is a power times a root that has a limit *)

Lemma root_scaled : forall y p w : R, 0 <= y -> p = y ^ 2 * w -> sqrt p = y * sqrt w.
Proof. intros y p w P ->; rewrite sqrt_mult_alt, sqrt_pow2 by (try apply pow2_ge_0; exact P); reflexivity. Qed.

Lemma inverse_root : forall u : R, 0 < u -> / u = (/ sqrt u) ^ 2.
Proof. intros u P; rewrite pow_inv, pow2_sqrt by lra; reflexivity. Qed.

(* -- decay beyond R: z^k exp(q) <= R^k exp(r) once k (z - R) <= R (r - q) *)

Lemma monomial_decay : forall (k : nat) (a z q r : R), 0 < a -> a <= z -> numeral k * (z - a) <= a * (r - q) ->
  0 <= z ^ k * exp q <= a ^ k * exp r.
Proof.
  intros k a z q r P L H; split; [apply Rmult_le_pos; [apply pow_le; lra | apply Rlt_le, exp_pos] |].
  assert (Q : z ^ k <= a ^ k * exp (numeral k * (z / a - 1))).
  { rewrite <- exp_numeral, <- Rpow_mult_distr; apply pow_incr; split; [lra |].
    apply (Rmult_le_reg_l (/ a)); [apply Rinv_0_lt_compat, P |].
    rewrite <- Rmult_assoc, Rinv_l, Rmult_1_l by lra.
    apply Rle_trans with (1 + (z / a - 1)); [right; field; lra | apply exp_ineq1_le]. }
  apply Rle_trans with (a ^ k * exp (numeral k * (z / a - 1)) * exp q).
  { apply Rmult_le_compat_r; [apply Rlt_le, exp_pos | exact Q]. }
  rewrite Rmult_assoc, <- exp_plus; apply Rmult_le_compat_l; [apply pow_le; lra |].
  assert (E : numeral k * (z / a - 1) + q <= r).
  { apply (Rmult_le_reg_l a); [exact P |].
    replace (a * (numeral k * (z / a - 1) + q)) with (numeral k * (z - a) + a * q) by (field; lra); lra. }
  destruct E as [E | ->]; [left; apply exp_increasing, E | right; reflexivity].
Qed.

(* The same for the size, on either side. *)
Lemma decay_right : forall (k : nat) (a z q r : R), 0 < a -> a <= z -> numeral k * (z - a) <= a * (r - q) ->
  - (a ^ k * exp r) <= z ^ k * exp q <= a ^ k * exp r.
Proof. intros k a z q r P L H; generalize (monomial_decay k a z q r P L H); lra. Qed.

Lemma decay_left : forall (k : nat) (a z q r : R), 0 < a -> z <= - a -> numeral k * (- z - a) <= a * (r - q) ->
  - (a ^ k * exp r) <= z ^ k * exp q <= a ^ k * exp r.
Proof.
  intros k a z q r P L H; assert (L' : a <= - z) by lra; apply Rabs_le_between.
  generalize (monomial_decay k a (- z) q r P L' H); intros D.
  rewrite Rabs_mult, (Rabs_pos_eq (exp q)), <- RPow_abs by apply Rlt_le, exp_pos.
  rewrite Rabs_left1 by lra; apply D.
Qed.

Lemma below : forall d x y : R, y - x = d -> 0 <= d -> x <= y.
Proof. intros d x y <- H; lra. Qed.

(* -- a period is the whole line *)

Lemma whole_periods : forall T z : R, 0 < T -> exists n : Z, 0 <= z - IZR n * T <= T.
Proof.
  intros T z P; exists (up (z / T) - 1)%Z; rewrite minus_IZR; destruct (archimed (z / T)) as [A B].
  assert (z / T * T = z) by (field; lra); split; nra.
Qed.

Lemma sin_shift : forall (n : Z) (x : R), sin (x + IZR n * (2 * PI)) = sin x.
Proof.
  intros n x; destruct n as [| p | p].
  - f_equal; ring.
  - rewrite <- (sin_period x (Pos.to_nat p)); f_equal; rewrite INR_IZR_INZ, positive_nat_Z; ring.
  - rewrite <- (sin_period _ (Pos.to_nat p)); f_equal; rewrite INR_IZR_INZ, positive_nat_Z.
    rewrite <- Pos2Z.opp_pos, opp_IZR; ring.
Qed.

Lemma cos_shift : forall (n : Z) (x : R), cos (x + IZR n * (2 * PI)) = cos x.
Proof.
  intros n x; rewrite !cos_sin, <- (sin_shift n (PI / 2 + x)); f_equal; ring.
Qed.

Lemma sin_equal : forall (n : Z) (x y : R), x = y + IZR n * (2 * PI) -> sin x = sin y.
Proof. intros n x y ->; apply sin_shift. Qed.

Lemma cos_equal : forall (n : Z) (x y : R), x = y + IZR n * (2 * PI) -> cos x = cos y.
Proof. intros n x y ->; apply cos_shift. Qed.

(* -- erf by a polynomial times a Gaussian, with a proved error:
      erf(u) = 2/sqrt(pi) (exp(-u^2) (u + 2/3 u^3 + 4/15 u^5 + ...) + what is left) *)

(* 1 + 2v/(j+3) (1 + 2v/(j+5) (1 + ...)), n brackets *)
Fixpoint erf_nest (n j : nat) (v : R) : R :=
  match n with O => 1 | S n => 1 + 2 * / numeral (S (S (S j))) * v * erf_nest n (S (S j)) v end.

(* 2 times 2/(j+3) times 2/(j+5) ..., n factors *)
Fixpoint erf_rest (n j : nat) : R :=
  match n with O => 2 | S n => 2 * / numeral (S (S (S j))) * erf_rest n (S (S j)) end.

Lemma numeral_pos : forall n : nat, 0 < numeral (S n).
Proof. intros n; rewrite <- INR_numeral; apply lt_0_INR; lia. Qed.

Lemma erf_rest_pos : forall n j : nat, 0 < erf_rest n j.
Proof.
  induction n as [| n IH]; intros j; simpl; [lra |]; generalize (numeral_pos (S (S j))) (IH (S (S j))); intros.
  repeat apply Rmult_lt_0_compat; try lra; apply Rinv_0_lt_compat; assumption.
Qed.

Lemma is_derive_erf_nest : forall (n j : nat) (u : R),
  is_derive (fun u => u ^ S j * erf_nest n j (u ^ 2)) u
    (numeral (S j) * u ^ j + 2 * u * (u ^ S j * erf_nest n j (u ^ 2)) - erf_rest n j * u ^ (2 * n + S (S j))).
Proof.
  induction n as [| n IH]; intros j u.
  - refine (rule_equal _ _ _ _ (rule_mult _ _ _ _ _ (rule_power j _ u 1 (rule_variable u)) (rule_constant 1 u)) _).
    simpl; ring.
  - assert (N : numeral (S (S (S j))) <> 0) by (generalize (numeral_pos (S (S j))); lra).
    apply (is_derive_ext (fun u =>
      u ^ S j + 2 * / numeral (S (S (S j))) * (u ^ S (S (S j)) * erf_nest n (S (S j)) (u ^ 2)))).
    { intros t; simpl; ring. }
    refine (rule_equal _ _ _ _ (rule_plus _ _ _ _ _ (rule_power j _ u 1 (rule_variable u))
      (rule_mult _ _ _ _ _ (rule_constant (2 * / numeral (S (S (S j)))) u) (IH (S (S j)) u))) _).
    replace (2 * S n + S (S j))%nat with (2 * n + S (S (S (S j))))%nat by lia.
    cbn [erf_nest erf_rest]; simpl pow; field; exact N.
Qed.

Lemma erf_enclosure : forall (n : nat) (a u : R), Rabs u <= a -> exists h : R,
  Rabs h <= erf_rest n 0 * a ^ (2 * n + 3) /\
  erf u = 2 * / sqrt PI * (exp (- u ^ 2) * u * erf_nest n 0 (u ^ 2) + h).
Proof.
  intros n a u A; set (g := fun u => exp (- u ^ 2) * (u ^ 1 * erf_nest n 0 (u ^ 2))).
  assert (C : 0 < / sqrt PI) by (apply Rinv_0_lt_compat, sqrt_lt_R0, PI_RGT_0).
  set (f := fun u => erf u - 2 * / sqrt PI * g u).
  assert (D : forall u, is_derive f u (2 * / sqrt PI * (exp (- u ^ 2) * (erf_rest n 0 * u ^ (2 * n + 2))))).
  { intros y; unfold f, g.
    refine (rule_equal _ _ _ _ (rule_minus _ _ _ _ _ (is_derive_erf y) (rule_mult _ _ _ _ _ (rule_constant _ y)
      (rule_mult _ _ _ _ _ (rule_exp _ _ _ (rule_opp _ _ _ (rule_power 1 _ y 1 (rule_variable y))))
        (is_derive_erf_nest n 0 y)))) _).
    unfold numeral, Rdiv; simpl Z.of_nat; ring. }
  assert (Z0 : f 0 = 0) by (unfold f, g; rewrite erf_0; ring).
  destruct (MVT_gen f 0 u (fun u => 2 * / sqrt PI * (exp (- u ^ 2) * (erf_rest n 0 * u ^ (2 * n + 2)))))
    as [c [K V]].
  { intros y _; apply D. }
  { intros y _; apply derivable_continuous_pt.
    exists (2 * / sqrt PI * (exp (- y ^ 2) * (erf_rest n 0 * y ^ (2 * n + 2)))).
    apply is_derive_Reals, D. }
  exists (exp (- c ^ 2) * (erf_rest n 0 * c ^ (2 * n + 2)) * u); split.
  - assert (Hc : Rabs c <= a).
    { apply Rle_trans with (2 := A); unfold Rmin, Rmax in K; destruct (Rle_dec 0 u); unfold Rabs;
        destruct (Rcase_abs c), (Rcase_abs u); lra. }
    assert (E : exp (- c ^ 2) <= 1).
    { generalize (pow2_ge_0 c) (exp_ineq1_le (c ^ 2)); intros H1 H2.
      rewrite exp_Ropp, <- Rinv_1; apply Rinv_le_contravar; lra. }
    generalize (erf_rest_pos n 0); intros P.
    rewrite !Rabs_mult, (Rabs_pos_eq (exp _)), (Rabs_pos_eq (erf_rest n 0)), <- RPow_abs
      by (try apply Rlt_le; try apply exp_pos; lra).
    replace (erf_rest n 0 * a ^ (2 * n + 3)) with (1 * (erf_rest n 0 * a ^ (2 * n + 2)) * a)
      by (replace (2 * n + 3)%nat with (S (2 * n + 2)) by lia; simpl; ring).
    assert (0 <= Rabs c ^ (2 * n + 2)) by (apply pow_le, Rabs_pos).
    apply Rmult_le_compat; [| apply Rabs_pos | | exact A].
    + repeat apply Rmult_le_pos; try lra; apply Rlt_le, exp_pos.
    + apply Rmult_le_compat; [apply Rlt_le, exp_pos | apply Rmult_le_pos; lra | exact E |].
      apply Rmult_le_compat_l; [lra |]; apply pow_incr; split; [apply Rabs_pos | exact Hc].
  - replace (erf u) with (f u - f 0 + 2 * / sqrt PI * g u) by (rewrite Z0; unfold f; ring).
    rewrite V; unfold g; ring.
Qed.

(* The same with the error named. *)
Lemma erf_within : forall (n : nat) (a e u : R), Rabs u <= a -> erf_rest n 0 * a ^ (2 * n + 3) <= e -> exists h : R,
  - e <= h <= e /\ erf u = 2 * / sqrt PI * (exp (- u ^ 2) * u * erf_nest n 0 (u ^ 2) + h).
Proof.
  intros n a e u A E; destruct (erf_enclosure n a u A) as [h [H V]]; exists h; split; [| exact V].
  apply Rabs_le_between, Rle_trans with (1 := H), E.
Qed.

(* -- the last step of a proof of an equality *)

(* Writes the numbers of an expression that these proofs produce as numerals. *)
Ltac numerals :=
  cbv [erf_nest erf_rest numeral Z.of_nat Pos.of_succ_nat Pos.succ Init.Nat.mul Init.Nat.add].

(* Products and quotients as products of inverses of single factors. *)
Ltac flatten :=
  numerals; unfold Rdiv; rewrite ?Rinv_mult, ?Rinv_inv, <- ?pow_inv.

(* Every inverse but that of a numeral becomes a letter. *)
Ltac inverses :=
  repeat match goal with
    | |- context [/ ?u] => lazymatch u with IZR _ => fail | _ => generalize (/ u); intro end
    end.

(* The identities that the rules ask for: the form of -u^2, 1 + u^2 or r - 1. *)
Ltac settle :=
  first
    [ solve [ring]
    | solve [field; repeat split; sign]
    | solve [rewrite ?pow2_sqrt by sign; field; repeat split; sign]
    | match goal with
      | |- context [sqrt ?u] =>
          let Q := fresh in assert (Q : sqrt u ^ 2 = u) by (apply pow2_sqrt; sign);
          solve [field [Q]; repeat split; sign]
      end ].
