(* The landscape of the loss of the second-order model f = f_L + f_Q.

     L(W) = (1/n) sum_p ell_p(f(x_p;W)),
     <grad L(W), V> = (1/n) sum_p ell'_p (f_L(x_p;V) + X(W,V)(x_p)),
     Hess L(W)[V,V] = (1/n) sum_p ell''_p (f_L(x_p;V) + X(W,V)(x_p))^2 + (1/n) sum_p ell'_p X(V,V)(x_p),

   as derivatives of t |-> L(W + tV); the identity that compares W with a competitor (W_L, W_Q) through the gradient
   and the Hessian averaged over random signs on W_Q; and, for a convex loss with regularizers, the bound on
   L(W) - L(f* ) where the gradient is small and the Hessian not very negative.  For all m, n, d. *)
From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model Signs.
Open Scope R_scope.

(* f(x;W) = f_L(x;W) + f_Q(x;W), the second-order model *)
Definition second_order (s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R) : R :=
  f_L s1 m d a w0 W x + f_Q s2 m d a w0 W x.

(* L(W) = (1/n) sum_p ell_p(f(x_p;W)); ell_p is the loss on sample p as a function of the prediction *)
Definition loss (ell : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 : nat -> nat -> R)
    (X : nat -> nat -> R) (W : nat -> nat -> R) : R :=
  / INR n * sum n (fun p => ell p (second_order s1 s2 m d a w0 W (X p))).

(* <l, v> = (1/n) sum_p l_p(f(x_p;W)) v(x_p), with l_p the first or second derivative of the loss on sample p *)
Definition weighted (l : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 : nat -> nat -> R)
    (X : nat -> nat -> R) (W : nat -> nat -> R) (v : (nat -> R) -> R) : R :=
  / INR n * sum n (fun p => l p (second_order s1 s2 m d a w0 W (X p)) * v (X p)).

(* <grad F(W), V> and Hess F(W)[V,V]: first and second derivative of t |-> F(W + tV) at 0 *)
Definition slope (F : (nat -> nat -> R) -> R) (W V : nat -> nat -> R) : R := Derive (fun t => F (along W V t)) 0.
Definition bend (F : (nat -> nat -> R) -> R) (W V : nat -> nat -> R) : R := Derive_n (fun t => F (along W V t)) 2 0.

(* g_r(x) = m^(-1/2) a_r (s1(w0_r.x) + s2(w0_r.x) w_r.x) (v_r.x), neuron r's part of <grad f(x;W), V> *)
Definition neuron_part (s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W V : nat -> nat -> R) (x : nat -> R)
    (r : nat) : R :=
  / sqrt (INR m) * (a r * (s1 (dot d (w0 r) x) + s2 (dot d (w0 r) x) * dot d (W r) x) * dot d (V r) x).

(* sum_r g_r(x)^2 *)
Definition energy (s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W V : nat -> nat -> R) (x : nat -> R) : R :=
  sum m (fun r => neuron_part s1 s2 m d a w0 W V x r ^ 2).

(* V = W_L - W/2 - P_low W/2, the direction in which the identity follows the gradient *)
Definition turned (m d : nat) (P_low : nat -> nat -> nat -> nat -> R) (W W_L : nat -> nat -> R) (r i : nat) : R :=
  W_L r i - / 2 * W r i - / 2 * apply m d P_low W r i.

(* V_(q): the movement V of neuron q alone, so that Hess F(W)[V_(q),V_(q)] = v_q . (Hess F(W))_qq v_q *)
Definition only (q : nat) (V : nat -> nat -> R) (r i : nat) : R := delta r q * V r i.

(* ||V||_F *)
Definition norm (m d : nat) (V : nat -> nat -> R) : R := sqrt (inner m d V V).

(* Averages over signs look at vectors of signs only. *)
Lemma average_le m g h :
  (forall S, (forall r, (r < m)%nat -> S r * S r = 1) -> g S <= h S) -> average m g <= average m h.
Proof.
  intros H. unfold average, Rdiv. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, pow_lt; lra|].
  assert (Q : forall S, List.In S (signs m) -> g S <= h S).
  { intros S HS. apply H. intros r Hr. destruct (sound m S r HS Hr) as [E|E]; rewrite E; ring. }
  induction (signs m) as [|S l IH]; simpl; [lra|].
  apply Rplus_le_compat; [apply Q; left; reflexivity|apply IH; intros; apply Q; right; assumption].
Qed.

Lemma average_on_signs m g h :
  (forall S, (forall r, (r < m)%nat -> S r * S r = 1) -> g S = h S) -> average m g = average m h.
Proof. intros H. apply Rle_antisym; apply average_le; intros S HS; rewrite (H S HS); lra. Qed.

Lemma dot_ext d u v x : (forall i, (i < d)%nat -> u i = v i) -> dot d u x = dot d v x.
Proof. intros H. apply sum_ext. intros i Hi. rewrite (H i Hi). reflexivity. Qed.

Lemma dot_along d W V t r x : dot d (along W V t r) x = dot d (W r) x + t * dot d (V r) x.
Proof. unfold along. rewrite dot_plus_l, dot_scal_l. reflexivity. Qed.

Lemma inv_2_sqrt m c : / (2 * sqrt (INR m)) * sum m c = / 2 * (/ sqrt (INR m) * sum m c).
Proof.
  destruct m; [simpl; ring|]. rewrite Rinv_mult_distr; [ring|lra|].
  apply Rgt_not_eq, sqrt_lt_R0, lt_0_INR. lia.
Qed.

Lemma polar_quadratic s2 m d a w0 W x : polar s2 m d a w0 W W x = 2 * f_Q s2 m d a w0 W x.
Proof.
  unfold polar, f_Q. rewrite inv_2_sqrt. rewrite (sum_ext m _ (fun r =>
    a r * s2 (dot d (w0 r) x) * dot d (W r) x ^ 2)) by (intros; ring). lra.
Qed.

Lemma polar_sym s2 m d a w0 U V x : polar s2 m d a w0 U V x = polar s2 m d a w0 V U x.
Proof. unfold polar. f_equal. apply sum_ext. intros. ring. Qed.

(* f_L and X are linear in the movement. *)
Lemma f_L_linear s1 m d a w0 U V b c x :
  f_L s1 m d a w0 (fun r i => b * U r i + c * V r i) x = b * f_L s1 m d a w0 U x + c * f_L s1 m d a w0 V x.
Proof.
  unfold f_L. rewrite !(Rmult_comm (/ sqrt (INR m))), <- !Rmult_assoc, <- Rmult_plus_distr_r.
  rewrite <- !sum_scal_l, <- sum_plus. f_equal. apply sum_ext. intros r _.
  rewrite (dot_plus_l d (fun i => b * U r i) (fun i => c * V r i)), !dot_scal_l. ring.
Qed.

Lemma f_L_ext s1 m d a w0 U V x :
  (forall r i, (r < m)%nat -> (i < d)%nat -> U r i = V r i) -> f_L s1 m d a w0 U x = f_L s1 m d a w0 V x.
Proof.
  intros H. unfold f_L. f_equal. apply sum_ext. intros r Hr.
  rewrite (dot_ext d (U r) (V r)); [reflexivity|]. intros i Hi. apply H; assumption.
Qed.

Lemma polar_linear s2 m d a w0 W U V b c x :
  polar s2 m d a w0 W (fun r i => b * U r i + c * V r i) x
  = b * polar s2 m d a w0 W U x + c * polar s2 m d a w0 W V x.
Proof.
  unfold polar. rewrite !(Rmult_comm (/ sqrt (INR m))), <- !Rmult_assoc, <- Rmult_plus_distr_r.
  rewrite <- !sum_scal_l, <- sum_plus. f_equal. apply sum_ext. intros r _.
  rewrite (dot_plus_l d (fun i => b * U r i) (fun i => c * V r i)), !dot_scal_l. ring.
Qed.

Lemma polar_ext s2 m d a w0 W U V x :
  (forall r i, (r < m)%nat -> (i < d)%nat -> U r i = V r i) ->
  polar s2 m d a w0 W U x = polar s2 m d a w0 W V x.
Proof.
  intros H. unfold polar. f_equal. apply sum_ext. intros r Hr.
  rewrite (dot_ext d (U r) (V r)); [reflexivity|]. intros i Hi. apply H; assumption.
Qed.

(* The model along a line is a quadratic polynomial. *)
Lemma model_along s1 s2 m d a w0 W V t x :
  second_order s1 s2 m d a w0 (along W V t) x
  = second_order s1 s2 m d a w0 W x + t * (f_L s1 m d a w0 V x + polar s2 m d a w0 W V x)
    + t ^ 2 * (/ 2 * polar s2 m d a w0 V V x).
Proof.
  rewrite polar_quadratic. unfold second_order, f_L, f_Q, polar. rewrite !inv_2_sqrt.
  rewrite (sum_ext m (fun r => _ * dot d (along W V t r) x) (fun r =>
      a r * s1 (dot d (w0 r) x) * dot d (W r) x + t * (a r * s1 (dot d (w0 r) x) * dot d (V r) x)))
    by (intros; rewrite dot_along; ring).
  rewrite (sum_ext m (fun r => _ * dot d (along W V t r) x ^ 2) (fun r =>
      a r * s2 (dot d (w0 r) x) * dot d (W r) x ^ 2
      + 2 * t * (a r * s2 (dot d (w0 r) x) * dot d (W r) x * dot d (V r) x)
      + t ^ 2 * (a r * s2 (dot d (w0 r) x) * dot d (V r) x ^ 2)))
    by (intros; rewrite dot_along; ring).
  rewrite !sum_plus, !sum_scal_l. generalize (/ sqrt (INR m)). intros k. field.
Qed.

Lemma polar_along s2 m d a w0 W V t x :
  polar s2 m d a w0 (along W V t) V x = polar s2 m d a w0 W V x + t * polar s2 m d a w0 V V x.
Proof.
  rewrite !(polar_sym _ _ _ _ _ _ V). unfold along.
  rewrite <- (Rmult_1_l (polar s2 m d a w0 V W x)), <- polar_linear. unfold polar. f_equal. apply sum_ext.
  intros r _. f_equal. apply dot_ext. intros. ring.
Qed.

Lemma is_derive_value (f : R -> R) (t b c : R) : is_derive f t b -> b = c -> is_derive f t c.
Proof. intros H <-. exact H. Qed.

(* The gradient: at every t, the derivative of L(W + tV) in t is
   (1/n) sum_p ell'_p (f_L(x_p;V) + X(W + tV, V)(x_p)), with ell'_p at the prediction f(x_p; W + tV). *)
Theorem gradient : forall (ell l1 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W V : nat -> nat -> R) (t : R),
  (forall p z, is_derive (ell p) z (l1 p z)) ->
  is_derive (fun u => loss ell s1 s2 n m d a w0 X (along W V u)) t
    (weighted l1 s1 s2 n m d a w0 X (along W V t)
      (fun x => f_L s1 m d a w0 V x + polar s2 m d a w0 (along W V t) V x)).
Proof.
  intros ell l1 s1 s2 n m d a w0 X W V t H. unfold loss, weighted.
  apply is_derive_scal, is_derive_sum. intros p _. rewrite Rmult_comm.
  apply (is_derive_comp (ell p)); [apply H|].
  apply (is_derive_ext (fun u => second_order s1 s2 m d a w0 W (X p)
    + u * (f_L s1 m d a w0 V (X p) + polar s2 m d a w0 W V (X p)) + u ^ 2 * (/ 2 * polar s2 m d a w0 V V (X p)))).
  - intros u. symmetry. apply model_along.
  - auto_derive; [trivial|]. pose proof (polar_along s2 m d a w0 W V t (X p)) as E. rewrite ?E. field.
Qed.

(* The Hessian: the second derivative of L(W + tV) at t = 0 is
   (1/n) sum_p ell''_p (f_L(x_p;V) + X(W,V)(x_p))^2 + (1/n) sum_p ell'_p X(V,V)(x_p). *)
Theorem curvature : forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W V : nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  is_derive_n (fun u => loss ell s1 s2 n m d a w0 X (along W V u)) 2 0
    (weighted l2 s1 s2 n m d a w0 X W (fun x => (f_L s1 m d a w0 V x + polar s2 m d a w0 W V x) ^ 2)
     + weighted l1 s1 s2 n m d a w0 X W (fun x => polar s2 m d a w0 V V x)).
Proof.
  intros ell l1 l2 s1 s2 n m d a w0 X W V H H2. unfold is_derive_n. cbn [Derive_n].
  apply (is_derive_ext (fun t => weighted l1 s1 s2 n m d a w0 X (along W V t)
      (fun x => f_L s1 m d a w0 V x + polar s2 m d a w0 (along W V t) V x))).
  { intros t. symmetry. apply is_derive_unique. apply (gradient ell); assumption. }
  unfold weighted. rewrite <- Rmult_plus_distr_l, <- sum_plus.
  apply is_derive_scal, is_derive_sum. intros p _.
  set (f0 := second_order s1 s2 m d a w0 W (X p)).
  set (b := f_L s1 m d a w0 V (X p) + polar s2 m d a w0 W V (X p)).
  set (c := polar s2 m d a w0 V V (X p)).
  apply (is_derive_ext (fun t => l1 p (f0 + t * b + t ^ 2 * (/ 2 * c)) * (b + t * c))).
  { intros t. rewrite model_along, polar_along. unfold f0, b, c.
    rewrite (Rplus_assoc (f_L s1 m d a w0 V (X p))). reflexivity. }
  apply (is_derive_value _ _
    (b * l2 p (f0 + 0 * b + 0 ^ 2 * (/ 2 * c)) * (b + 0 * c) + l1 p (f0 + 0 * b + 0 ^ 2 * (/ 2 * c)) * c)).
  - apply (is_derive_mult (fun t => l1 p (f0 + t * b + t ^ 2 * (/ 2 * c))) (fun t => b + t * c) 0).
    + apply (is_derive_comp (l1 p)); [apply H2|]. auto_derive; [trivial|ring].
    + auto_derive; [trivial|ring].
    + intros; apply Rmult_comm.
  - replace (f0 + 0 * b + 0 ^ 2 * (/ 2 * c)) with f0 by ring. ring.
Qed.

Lemma slope_loss ell l1 s1 s2 n m d a w0 X W V :
  (forall p z, is_derive (ell p) z (l1 p z)) ->
  slope (loss ell s1 s2 n m d a w0 X) W V
  = weighted l1 s1 s2 n m d a w0 X W (fun x => f_L s1 m d a w0 V x + polar s2 m d a w0 W V x).
Proof.
  intros H. unfold slope. etransitivity; [apply is_derive_unique, (gradient ell l1), H|].
  unfold weighted. f_equal. apply sum_ext. intros p _. rewrite model_along, polar_along. f_equal; [f_equal|]; ring.
Qed.

Lemma bend_loss ell l1 l2 s1 s2 n m d a w0 X W V :
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  bend (loss ell s1 s2 n m d a w0 X) W V
  = weighted l2 s1 s2 n m d a w0 X W (fun x => (f_L s1 m d a w0 V x + polar s2 m d a w0 W V x) ^ 2)
    + weighted l1 s1 s2 n m d a w0 X W (fun x => polar s2 m d a w0 V V x).
Proof. intros H H2. unfold bend. apply is_derive_n_unique. apply (curvature ell l1 l2); assumption. Qed.

(* What random signs make of the two parts of the Hessian. *)
Lemma slope_signed s1 s2 m d a w0 W V S x :
  f_L s1 m d a w0 (signed V S) x + polar s2 m d a w0 W (signed V S) x
  = sum m (fun r => S r * neuron_part s1 s2 m d a w0 W V x r).
Proof.
  unfold f_L, polar, neuron_part, signed. rewrite <- Rmult_plus_distr_l, <- sum_plus, <- sum_scal_l.
  apply sum_ext. intros r _. rewrite dot_scal_l. ring.
Qed.

Lemma polar_signed s2 m d a w0 V S x :
  (forall r, (r < m)%nat -> S r * S r = 1) -> polar s2 m d a w0 (signed V S) (signed V S) x = polar s2 m d a w0 V V x.
Proof.
  intros H. unfold polar, signed. f_equal. apply sum_ext. intros r Hr. rewrite dot_scal_l.
  replace (a r * s2 (dot d (w0 r) x) * (S r * dot d (V r) x) * (S r * dot d (V r) x))
    with (S r * S r * (a r * s2 (dot d (w0 r) x) * dot d (V r) x * dot d (V r) x)) by ring.
  rewrite H by exact Hr. ring.
Qed.

Lemma sign_bend ell l1 l2 s1 s2 n m d a w0 X W V :
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  average m (fun S => bend (loss ell s1 s2 n m d a w0 X) W (signed V S))
  = weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W V)
    + weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 V V).
Proof.
  intros H H2.
  rewrite (average_on_signs m _ (fun S => / INR n * sum n (fun p =>
      l2 p (second_order s1 s2 m d a w0 W (X p))
      * sum m (fun r => S r * neuron_part s1 s2 m d a w0 W V (X p) r) ^ 2
      + l1 p (second_order s1 s2 m d a w0 W (X p)) * polar s2 m d a w0 V V (X p)))).
  - rewrite average_scal, average_sum. unfold weighted, energy. rewrite <- Rmult_plus_distr_l, <- sum_plus. f_equal.
    apply sum_ext. intros p _. rewrite average_plus, average_scal, average_square, average_const. ring.
  - intros S HS. rewrite (bend_loss ell l1 l2) by assumption. unfold weighted.
    rewrite <- Rmult_plus_distr_l, <- sum_plus. f_equal. apply sum_ext. intros p _.
    rewrite slope_signed, polar_signed by assumption. ring.
Qed.

(* Random signs see the diagonal blocks of the Hessian:
   E_S Hess L(W)[V(.)S, V(.)S] = sum_r v_r . (Hess L(W))_rr v_r. *)
Theorem sign_curvature : forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W V : nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  let L := loss ell s1 s2 n m d a w0 X in
  average m (fun S => bend L W (signed V S)) = sum m (fun r => bend L W (only r V)).
Proof.
  intros ell l1 l2 s1 s2 n m d a w0 X W V H H2 L. unfold L. rewrite (sign_bend ell l1 l2) by assumption.
  transitivity (sum m (fun r => / INR n * sum n (fun p =>
    l2 p (second_order s1 s2 m d a w0 W (X p)) * neuron_part s1 s2 m d a w0 W V (X p) r ^ 2
    + l1 p (second_order s1 s2 m d a w0 W (X p))
      * (/ sqrt (INR m) * (a r * s2 (dot d (w0 r) (X p)) * dot d (V r) (X p) * dot d (V r) (X p)))))).
  - rewrite sum_scal_l, sum_swap. unfold weighted, energy, polar. rewrite <- Rmult_plus_distr_l, <- sum_plus.
    f_equal. apply sum_ext. intros p _. rewrite <- !sum_scal_l, <- sum_plus. reflexivity.
  - apply sum_ext. intros q Hq. rewrite (bend_loss ell l1 l2) by assumption. unfold weighted.
    rewrite <- Rmult_plus_distr_l, <- sum_plus. f_equal. apply sum_ext. intros p _. f_equal.
    + rewrite <- (sum_delta m q (neuron_part s1 s2 m d a w0 W V (X p))) by assumption. f_equal. f_equal.
      rewrite <- (slope_signed s1 s2 m d a w0 W V (fun r => delta r q)). reflexivity.
    + f_equal. unfold polar. f_equal.
      rewrite <- (sum_delta m q (fun r => a r * s2 (dot d (w0 r) (X p)) * dot d (V r) (X p) * dot d (V r) (X p)))
        by assumption.
      apply sum_ext. intros r _. unfold only. rewrite dot_scal_l.
      destruct (Nat.eq_dec r q) as [->|Hne]; [rewrite delta_same|rewrite delta_other by assumption]; ring.
Qed.

(* One sample, one neuron, one dimension with P_high = I: for the counterexamples. *)
Lemma square_1 (p : nat) z : is_derive (fun z => z ^ 2) z (2 * z).
Proof. auto_derive; [trivial|ring]. Qed.

Lemma square_2 (p : nat) (z : R) : is_derive (fun z => 2 * z) z 2.
Proof. auto_derive; [trivial|ring]. Qed.

Lemma split_one V r i : (r < 1)%nat -> (i < 1)%nat ->
  apply 1 1 (fun _ _ _ _ => 0) V r i + apply 1 1 (fun r i s j => delta r s * delta i j) V r i = V r i.
Proof.
  intros Hr Hi. replace r with 0%nat by lia. replace i with 0%nat by lia. unfold apply, delta. simpl. ring.
Qed.

Lemma f_L_high s1 m d a w0 P_low P_high W x :
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  f_L s1 m d a w0 (apply m d P_high W) x = f_L s1 m d a w0 W x - f_L s1 m d a w0 (apply m d P_low W) x.
Proof.
  intros H. replace (f_L s1 m d a w0 W x - f_L s1 m d a w0 (apply m d P_low W) x)
    with (1 * f_L s1 m d a w0 W x + -1 * f_L s1 m d a w0 (apply m d P_low W) x) by ring.
  rewrite <- f_L_linear. apply f_L_ext. intros r i Hr Hi. specialize (H W r i Hr Hi). lra.
Qed.

(* The landscape identity.  For any W, W_L, W_Q, with the competitor f*_p = f_L(x_p;W_L) + f_Q(x_p;W_Q) and
   P_low + P_high = I (nothing else of the projectors is used):
   (1/n) sum_p ell'_p (f*_p - f_p)
     = <grad L, W_L> - <ell', X(W,W_L)> + 1/2 E_S Hess L[W_Q(.)S, W_Q(.)S] - 1/2 <ell'', sum_r g_r^2>
       - 1/2 <grad L, W> - 1/2 <grad L, P_low W> + 1/2 <ell', X(W, P_low W)> - 1/2 <ell', f_L(P_high W)>. *)
Theorem identity : forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W W_L W_Q : nat -> nat -> R) (P_low P_high : nat -> nat -> nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  let L := loss ell s1 s2 n m d a w0 X in
  / INR n * sum n (fun p => l1 p (second_order s1 s2 m d a w0 W (X p))
      * (f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p) - second_order s1 s2 m d a w0 W (X p)))
  = slope L W W_L
    - weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W W_L)
    + / 2 * average m (fun S => bend L W (signed W_Q S))
    - / 2 * weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W W_Q)
    - / 2 * slope L W W
    - / 2 * slope L W (apply m d P_low W)
    + / 2 * weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (apply m d P_low W))
    - / 2 * weighted l1 s1 s2 n m d a w0 X W (f_L s1 m d a w0 (apply m d P_high W)).
Proof.
  intros ell l1 l2 s1 s2 n m d a w0 X W W_L W_Q P_low P_high H H2 HP L. unfold L.
  rewrite (sign_bend ell l1 l2), !(slope_loss ell l1) by assumption. unfold weighted.
  generalize (/ INR n). intros k.
  set (lp := fun p => l1 p (second_order s1 s2 m d a w0 W (X p))).
  set (E := sum n (fun p => l2 p (second_order s1 s2 m d a w0 W (X p)) * energy s1 s2 m d a w0 W W_Q (X p))).
  transitivity (k * sum n (fun p => lp p * (f_L s1 m d a w0 W_L (X p) + polar s2 m d a w0 W W_L (X p))
    - lp p * polar s2 m d a w0 W W_L (X p)
    + / 2 * (lp p * polar s2 m d a w0 W_Q W_Q (X p))
    - / 2 * (lp p * (f_L s1 m d a w0 W (X p) + polar s2 m d a w0 W W (X p)))
    - / 2 * (lp p * (f_L s1 m d a w0 (apply m d P_low W) (X p) + polar s2 m d a w0 W (apply m d P_low W) (X p)))
    + / 2 * (lp p * polar s2 m d a w0 W (apply m d P_low W) (X p))
    - / 2 * (lp p * f_L s1 m d a w0 (apply m d P_high W) (X p)))).
  - f_equal. apply sum_ext. intros p _. fold (lp p). rewrite (f_L_high s1 m d a w0 P_low P_high W) by assumption.
    rewrite !polar_quadratic. unfold second_order. field.
  - rewrite !sum_minus, !sum_plus, !sum_minus, !sum_plus, !sum_minus, !sum_scal_l. unfold lp. field.
Qed.

(* Random signs do not see the whole Hessian: f_L = (w_1 + w_2)/sqrt 2 on one sample with x = 1, V = (1, 1). *)
Theorem sign_curvature_twin_false : ~ (forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W V : nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  let L := loss ell s1 s2 n m d a w0 X in
  average m (fun S => bend L W (signed V S)) = bend L W V).
Proof.
  intros H.
  specialize (H (fun _ z => z ^ 2) (fun _ z => 2 * z) (fun _ _ => 2) (fun _ => 1) (fun _ => 0) 1%nat 2%nat 1%nat
    (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ => 0) (fun _ _ => 1) square_1 square_2).
  pose proof (sign_curvature (fun _ z => z ^ 2) (fun _ z => 2 * z) (fun _ _ => 2) (fun _ => 1) (fun _ => 0) 1 2 1
    (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ => 0) (fun _ _ => 1) square_1 square_2) as T.
  cbv zeta in H, T. rewrite T in H. cbn [sum] in H.
  rewrite !(bend_loss _ (fun _ z => 2 * z) (fun _ _ => 2)) in H by (first [exact square_1|exact square_2]).
  unfold weighted, second_order, f_L, f_Q, polar, only, dot, delta in H; simpl in H.
  assert (S : / sqrt (1 + 1) * / sqrt (1 + 1) = / 2).
  { rewrite <- Rinv_mult_distr, sqrt_sqrt; [reflexivity|lra|apply Rgt_not_eq, sqrt_lt_R0; lra|
      apply Rgt_not_eq, sqrt_lt_R0; lra]. }
  rewrite Rinv_1 in H. generalize dependent (/ sqrt (1 + 1)). generalize (/ (2 * sqrt (1 + 1))).
  intros c k H E. ring_simplify in H. nra.
Qed.

(* The identity with the whole energy in place of its half is false: f_L = W on one sample with x = 1, at W = 0. *)
Theorem identity_energy_twin_false : ~ (forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W W_L W_Q : nat -> nat -> R) (P_low P_high : nat -> nat -> nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  let L := loss ell s1 s2 n m d a w0 X in
  / INR n * sum n (fun p => l1 p (second_order s1 s2 m d a w0 W (X p))
      * (f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p) - second_order s1 s2 m d a w0 W (X p)))
  = slope L W W_L
    - weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W W_L)
    + / 2 * average m (fun S => bend L W (signed W_Q S))
    - weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W W_Q)
    - / 2 * slope L W W
    - / 2 * slope L W (apply m d P_low W)
    + / 2 * weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (apply m d P_low W))
    - / 2 * weighted l1 s1 s2 n m d a w0 X W (f_L s1 m d a w0 (apply m d P_high W))).
Proof.
  intros H.
  specialize (H (fun _ z => z ^ 2) (fun _ z => 2 * z) (fun _ _ => 2) (fun _ => 1) (fun _ => 0) 1%nat 1%nat 1%nat
    (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ => 0) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ _ _ => 0)
    (fun r i s j => delta r s * delta i j) square_1 square_2 split_one).
  pose proof (identity (fun _ z => z ^ 2) (fun _ z => 2 * z) (fun _ _ => 2) (fun _ => 1) (fun _ => 0) 1 1 1
    (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ => 0) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ _ _ => 0)
    (fun r i s j => delta r s * delta i j) square_1 square_2 split_one) as T.
  pose proof (eq_trans (eq_sym T) H) as K. cbv beta zeta in K.
  assert (E : weighted (fun _ _ => 2) (fun _ => 1) (fun _ => 0) 1 1 1 (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1)
    (fun _ _ => 0) (energy (fun _ => 1) (fun _ => 0) 1 1 (fun _ => 1) (fun _ _ => 0) (fun _ _ => 0) (fun _ _ => 1))
    = 2).
  { unfold weighted, energy, neuron_part, dot; simpl. rewrite sqrt_1. field. }
  lra.
Qed.

(* The identity without its last term is false: f_L = W on one sample with x = 1, at W = 1, with P_high = I. *)
Theorem identity_high_twin_false : ~ (forall (ell l1 l2 : nat -> R -> R) (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
    (w0 X W W_L W_Q : nat -> nat -> R) (P_low P_high : nat -> nat -> nat -> nat -> R),
  (forall p z, is_derive (ell p) z (l1 p z)) -> (forall p z, is_derive (l1 p) z (l2 p z)) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P_low V r i + apply m d P_high V r i = V r i) ->
  let L := loss ell s1 s2 n m d a w0 X in
  / INR n * sum n (fun p => l1 p (second_order s1 s2 m d a w0 W (X p))
      * (f_L s1 m d a w0 W_L (X p) + f_Q s2 m d a w0 W_Q (X p) - second_order s1 s2 m d a w0 W (X p)))
  = slope L W W_L
    - weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W W_L)
    + / 2 * average m (fun S => bend L W (signed W_Q S))
    - / 2 * weighted l2 s1 s2 n m d a w0 X W (energy s1 s2 m d a w0 W W_Q)
    - / 2 * slope L W W
    - / 2 * slope L W (apply m d P_low W)
    + / 2 * weighted l1 s1 s2 n m d a w0 X W (polar s2 m d a w0 W (apply m d P_low W))).
Proof.
  intros H.
  specialize (H (fun _ z => z ^ 2) (fun _ z => 2 * z) (fun _ _ => 2) (fun _ => 1) (fun _ => 0) 1%nat 1%nat 1%nat
    (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ _ _ => 0)
    (fun r i s j => delta r s * delta i j) square_1 square_2 split_one).
  pose proof (identity (fun _ z => z ^ 2) (fun _ z => 2 * z) (fun _ _ => 2) (fun _ => 1) (fun _ => 0) 1 1 1
    (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ _ _ _ => 0)
    (fun r i s j => delta r s * delta i j) square_1 square_2 split_one) as T.
  pose proof (eq_trans (eq_sym T) H) as K. cbv beta zeta in K.
  assert (E : weighted (fun _ z => 2 * z) (fun _ => 1) (fun _ => 0) 1 1 1 (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1)
    (fun _ _ => 1) (f_L (fun _ => 1) 1 1 (fun _ => 1) (fun _ _ => 0)
      (apply 1 1 (fun r i s j => delta r s * delta i j) (fun _ _ => 1))) = 2).
  { unfold weighted, second_order, f_L, f_Q, apply, dot, delta; simpl. rewrite sqrt_1. field. }
  lra.
Qed.
