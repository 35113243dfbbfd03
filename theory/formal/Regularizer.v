(* Gradients and Hessians of the regularizer and of the training loss, entry by entry.

     grad R_1 = (2/n) P_high Phi^T Phi P_high W       hess R_1 = (2/n) P_high Phi^T Phi P_high
     grad R_2 = 2 P_high Sigma P_high W               hess R_2 = 2 P_high Sigma P_high
     grad R_3 = 2 P_low W                             hess R_3 = 2 P_low
     grad R_4 = (8 S |w_r|^2 w_r)_r,  S = sum |w_r|^4
     hess R_4 = (8 S (|w_q|^2 I + 2 w_q w_q^T) delta_qs + 32 |w_q|^2 |w_s|^2 w_q w_s^T)_qs

   and R_4 is convex and homogeneous of degree 8.  Every m, n, d, every entry (q,l) and (s,j), every features;
   P_high, P_low and Sigma are any symmetric operators, P_low idempotent: nothing else about the projectors is
   used. *)
From Coq Require Import Reals Lra Lia Arith FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model.
Open Scope R_scope.

(* A[r,i,s,j] = A[s,j,r,i] *)
Definition symmetric (m d : nat) (A : nat -> nat -> nat -> nat -> R) : Prop :=
  forall r i s j, (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat -> A r i s j = A s j r i.

(* A (A W) = A W for every W *)
Definition idempotent (m d : nat) (A : nat -> nat -> nat -> nat -> R) : Prop :=
  forall W r i, (r < m)%nat -> (i < d)%nat -> apply m d A (apply m d A W) r i = apply m d A W r i.

(* The partial derivative of F in W[q,l] at W *)
Definition partial (F : (nat -> nat -> R) -> R) (W : nat -> nat -> R) (q l : nat) : R :=
  Derive (fun t => F (replaced W q l t)) (W q l).

(* The movement with 1 at (q,l) and 0 elsewhere. *)
Definition entry (q l r i : nat) : R := delta r q * delta i l.

Lemma replaced_entry W q l t r i : replaced W q l t r i = W r i + (t - W q l) * entry q l r i.
Proof.
  unfold replaced, entry, delta.
  destruct (Nat.eqb_spec r q) as [-> | ]; destruct (Nat.eqb_spec i l) as [-> | ]; simpl; ring.
Qed.

Lemma replaced_same W q l r i : replaced W q l (W q l) r i = W r i.
Proof. rewrite replaced_entry; ring. Qed.

Lemma replaced_id W q l : replaced W q l (W q l) = W.
Proof. do 2 (apply functional_extensionality; intro); apply replaced_same. Qed.

Lemma dot_ext d u u' v v' : (forall i, (i < d)%nat -> u i = u' i) -> (forall i, (i < d)%nat -> v i = v' i) ->
  dot d u v = dot d u' v'.
Proof. intros Hu Hv; apply sum_ext; intros i Hi; rewrite Hu, Hv by exact Hi; reflexivity. Qed.

Lemma inner_ext m d U U' V V' : (forall r i, (r < m)%nat -> (i < d)%nat -> U r i = U' r i) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> V r i = V' r i) -> inner m d U V = inner m d U' V'.
Proof. intros HU HV; apply sum_ext; intros r Hr; apply dot_ext; intros i Hi; auto. Qed.

Lemma inner_sym m d U V : inner m d U V = inner m d V U.
Proof. apply sum_ext; intros r _; apply dot_sym. Qed.

Lemma inner_plus_r m d U V V' c : inner m d U (fun r i => V r i + c * V' r i) = inner m d U V + c * inner m d U V'.
Proof.
  unfold inner, dot; rewrite <- sum_scal_l, <- sum_plus; apply sum_ext; intros r _.
  rewrite <- sum_scal_l, <- sum_plus; apply sum_ext; intros i _; ring.
Qed.

Lemma inner_plus_l m d U V V' c : inner m d (fun r i => V r i + c * V' r i) U = inner m d V U + c * inner m d V' U.
Proof. rewrite inner_sym, inner_plus_r, (inner_sym m d U V), (inner_sym m d U V'); reflexivity. Qed.

Lemma inner_entry m d V q l : (q < m)%nat -> (l < d)%nat -> inner m d (entry q l) V = V q l.
Proof.
  intros Hq Hl; unfold inner, dot, entry.
  rewrite (sum_ext _ _ (fun r => delta r q * sum d (fun i => delta i l * V r i))).
  - rewrite sum_delta by exact Hq; apply sum_delta; exact Hl.
  - intros r _; rewrite <- sum_scal_l; apply sum_ext; intros i _; ring.
Qed.

Lemma apply_inner m d A W r i : apply m d A W r i = inner m d (A r i) W.
Proof. reflexivity. Qed.

Lemma apply_ext m d A V V' r i : (forall s j, (s < m)%nat -> (j < d)%nat -> V s j = V' s j) ->
  apply m d A V r i = apply m d A V' r i.
Proof. intros H; rewrite !apply_inner; apply inner_ext; auto. Qed.

Lemma apply_plus m d A V V' c r i :
  apply m d A (fun s j => V s j + c * V' s j) r i = apply m d A V r i + c * apply m d A V' r i.
Proof. rewrite !apply_inner; apply inner_plus_r. Qed.

Lemma apply_entry m d A q l r i : (q < m)%nat -> (l < d)%nat -> apply m d A (entry q l) r i = A r i q l.
Proof. intros Hq Hl; rewrite apply_inner, inner_sym; apply inner_entry; assumption. Qed.

Lemma apply_replaced m d A W q l t r i :
  apply m d A (replaced W q l t) r i = apply m d A W r i + (t - W q l) * apply m d A (entry q l) r i.
Proof. rewrite <- apply_plus; apply apply_ext; intros; apply replaced_entry. Qed.

(* <U, A V> = <A U, V> *)
Lemma inner_apply m d A U V : symmetric m d A -> inner m d U (apply m d A V) = inner m d (apply m d A U) V.
Proof.
  intros HA.
  transitivity (sum m (fun r => sum d (fun i => sum m (fun s => sum d (fun j => U r i * A r i s j * V s j))))).
  - apply sum_ext; intros r _; apply sum_ext; intros i _; unfold apply.
    rewrite <- sum_scal_l; apply sum_ext; intros s _; rewrite <- sum_scal_l; apply sum_ext; intros; ring.
  - rewrite (sum_ext m _ (fun r => sum m (fun s => sum d (fun i => sum d (fun j => U r i * A r i s j * V s j)))))
      by (intros; apply sum_swap).
    rewrite sum_swap; apply sum_ext; intros s Hs; unfold dot, apply.
    rewrite (sum_ext m _ (fun r => sum d (fun j => sum d (fun i => U r i * A r i s j * V s j))))
      by (intros; apply sum_swap).
    rewrite sum_swap; apply sum_ext; intros j Hj.
    rewrite <- sum_scal_r; apply sum_ext; intros r Hr; rewrite <- sum_scal_r; apply sum_ext; intros i Hi.
    rewrite (HA r i s j) by assumption; ring.
Qed.

(* A sum of movements, through an inner product and through an operator. *)
Lemma inner_sum m d n U (c : nat -> R) (V : nat -> nat -> nat -> R) :
  inner m d U (fun r i => sum n (fun p => c p * V p r i)) = sum n (fun p => c p * inner m d U (V p)).
Proof.
  induction n as [| n IH]; simpl.
  - apply sum_eq0; intros; apply sum_eq0; intros; ring.
  - rewrite <- IH, <- inner_plus_r; apply inner_ext; intros; reflexivity.
Qed.

Lemma apply_sum m d n A (c : nat -> R) (V : nat -> nat -> nat -> R) r i :
  apply m d A (fun s j => sum n (fun p => c p * V p s j)) r i = sum n (fun p => c p * apply m d A (V p) r i).
Proof. rewrite apply_inner, inner_sum; reflexivity. Qed.

(* The derivative at w of a quadratic polynomial in t - w. *)
Lemma is_derive_quadratic A B C w f : (forall t, f t = A + (t - w) * B + (t - w) ^ 2 * C) -> is_derive f w B.
Proof.
  intros E; apply (is_derive_ext (fun t => A + (t - w) * B + (t - w) ^ 2 * C)).
  - intros t; symmetry; apply E.
  - auto_derive; [trivial | ring].
Qed.

(* (f g)' = f' g + f g' *)
Lemma is_derive_product (f g : R -> R) x df dg : is_derive f x df -> is_derive g x dg ->
  is_derive (fun t => f t * g t) x (df * g x + f x * dg).
Proof. intros Hf Hg; apply (is_derive_mult (K := R_AbsRing)); [exact Hf | exact Hg | exact Rmult_comm]. Qed.

(* A derivative has one value: what the counterexamples at the end of this file rest on. *)
Lemma derivative_same (f : R -> R) (x D D' : R) : is_derive f x D -> is_derive f x D' -> D = D'.
Proof. intros H H'; rewrite <- (is_derive_unique f x D H); apply is_derive_unique, H'. Qed.

Lemma is_derive_value (f : R -> R) (x D D' : R) : is_derive f x D -> D = D' -> is_derive f x D'.
Proof. intros H <-; exact H. Qed.

Lemma partial_unique F W q l D : is_derive (fun t => F (replaced W q l t)) (W q l) D -> partial F W q l = D.
Proof. apply is_derive_unique. Qed.

(* f_L is the inner product with the features: f_L(x;W) = <phi(x), W>. *)
Theorem f_L_feature : forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  f_L s1 m d a w0 W x = inner m d (feature s1 m d a w0 x) W.
Proof.
  intros s1 m d a w0 W x; unfold f_L, inner, feature, dot.
  rewrite <- sum_scal_l; apply sum_ext; intros r _.
  rewrite <- !sum_scal_l; apply sum_ext; intros i _; ring.
Qed.

(* f_L is linear in the movement: f_L(x; U + cV) = f_L(x;U) + c f_L(x;V). *)
Theorem f_L_linear : forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 U V : nat -> nat -> R)
    (x : nat -> R) (c : R),
  f_L s1 m d a w0 (along U V c) x = f_L s1 m d a w0 U x + c * f_L s1 m d a w0 V x.
Proof.
  intros s1 m d a w0 U V x c; rewrite !f_L_feature; unfold along.
  rewrite inner_plus_r; ring.
Qed.

(* d f_L(x;W) / dW[q,l] = phi(x)[q,l] *)
Theorem gradient_f_L : forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => f_L s1 m d a w0 (replaced W q l t) x) (W q l) (feature s1 m d a w0 x q l).
Proof.
  intros s1 m d a w0 W x q l Hq Hl.
  apply (is_derive_quadratic (f_L s1 m d a w0 W x) _ 0); intros t; rewrite !f_L_feature.
  rewrite (inner_ext m d _ (feature s1 m d a w0 x) _ (fun r i => W r i + (t - W q l) * entry q l r i))
    by (intros; reflexivity || apply replaced_entry).
  rewrite inner_plus_r, (inner_sym m d _ (entry q l)), inner_entry by assumption; ring.
Qed.

(* grad R_1 = (2/n) P_high Phi^T Phi P_high W, with Phi^T Phi V = sum_p f_L(x_p;V) phi(x_p) *)
Theorem gradient_r1 : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_high ->
  is_derive (fun t => R_1 s1 n m d a w0 X P_high (replaced W q l t)) (W q l)
    (2 / INR n * apply m d P_high (fun r i => sum n (fun p =>
      f_L s1 m d a w0 (apply m d P_high W) (X p) * feature s1 m d a w0 (X p) r i)) q l).
Proof.
  intros s1 n m d a w0 X P W q l Hq Hl HP; rewrite apply_sum.
  set (v := fun p => f_L s1 m d a w0 (apply m d P W) (X p)).
  set (g := fun p => apply m d P (feature s1 m d a w0 (X p)) q l).
  change (sum n _) with (sum n (fun p => v p * g p)).
  apply (is_derive_quadratic (/ INR n * sum n (fun p => v p ^ 2)) _ (/ INR n * sum n (fun p => g p ^ 2))).
  intros t; unfold R_1.
  replace (2 / INR n) with (/ INR n * 2) by (unfold Rdiv; ring).
  transitivity (/ INR n * sum n (fun p => (v p ^ 2 + (t - W q l) * 2 * (v p * g p)) + (t - W q l) ^ 2 * g p ^ 2)).
  - f_equal; apply sum_ext; intros p _; unfold v; rewrite !f_L_feature.
    rewrite (inner_ext m d _ (feature s1 m d a w0 (X p)) _
      (fun r i => apply m d P W r i + (t - W q l) * apply m d P (entry q l) r i))
      by (intros; reflexivity || apply apply_replaced).
    rewrite inner_plus_r, (inner_apply m d P _ (entry q l) HP), (inner_sym m d _ (entry q l)), inner_entry
      by assumption.
    fold (g p); ring.
  - rewrite !sum_plus, !sum_scal_l; ring.
Qed.

(* hess R_1 = (2/n) P_high Phi^T Phi P_high: entry ((q,l),(s,j)) is
   (2/n) sum_p (P_high phi_p)[q,l] (P_high phi_p)[s,j] *)
Theorem hessian_r1 : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat -> symmetric m d P_high ->
  is_derive (fun t => partial (R_1 s1 n m d a w0 X P_high) (replaced W s j t) q l) (W s j)
    (2 / INR n * sum n (fun p => apply m d P_high (feature s1 m d a w0 (X p)) q l
                               * apply m d P_high (feature s1 m d a w0 (X p)) s j)).
Proof.
  intros s1 n m d a w0 X P W q l s j Hq Hl Hs Hj HP.
  set (v := fun p => f_L s1 m d a w0 (apply m d P W) (X p)).
  set (g := fun p => apply m d P (feature s1 m d a w0 (X p))).
  change (sum n _) with (sum n (fun p => g p q l * g p s j)).
  apply (is_derive_quadratic (2 / INR n * sum n (fun p => v p * g p q l)) _ 0); intros t.
  rewrite (partial_unique _ _ _ _ _ (gradient_r1 s1 n m d a w0 X P (replaced W s j t) q l Hq Hl HP)).
  rewrite (apply_sum m d n P _ (fun p => feature s1 m d a w0 (X p))).
  transitivity (2 / INR n * sum n (fun p => v p * g p q l + (t - W s j) * (g p q l * g p s j))).
  - f_equal; apply sum_ext; intros p _; unfold v; rewrite !f_L_feature.
    rewrite (inner_ext m d _ (feature s1 m d a w0 (X p)) _
      (fun r i => apply m d P W r i + (t - W s j) * apply m d P (entry s j) r i))
      by (intros; reflexivity || apply apply_replaced).
    rewrite inner_plus_r, (inner_apply m d P _ (entry s j) HP), (inner_sym m d _ (entry s j)), inner_entry
      by assumption.
    fold (g p); ring.
  - rewrite sum_plus, sum_scal_l; ring.
Qed.

(* grad R_2 = 2 P_high Sigma P_high W *)
Theorem gradient_r2 : forall (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_high -> symmetric m d Sigma ->
  is_derive (fun t => R_2 m d P_high Sigma (replaced W q l t)) (W q l)
    (2 * apply m d P_high (apply m d Sigma (apply m d P_high W)) q l).
Proof.
  intros m d P T W q l Hq Hl HP HT.
  set (V := apply m d P W); set (E := apply m d P (entry q l)).
  apply (is_derive_quadratic (inner m d V (apply m d T V)) _ (inner m d E (apply m d T E))); intros t; unfold R_2.
  rewrite (inner_ext m d _ (fun r i => V r i + (t - W q l) * E r i) _
    (fun r i => apply m d T V r i + (t - W q l) * apply m d T E r i)).
  - assert (B : inner m d E (apply m d T V) = apply m d P (apply m d T V) q l)
      by (unfold E; rewrite <- (inner_apply m d P _ _ HP); apply inner_entry; assumption).
    rewrite inner_plus_l, !inner_plus_r, (inner_apply m d T V E HT), (inner_sym m d (apply m d T V) E), B; ring.
  - intros; apply apply_replaced.
  - intros; rewrite <- apply_plus; apply apply_ext; intros; apply apply_replaced.
Qed.

(* hess R_2 = 2 P_high Sigma P_high: entry ((q,l),(s,j)) is 2 (P_high Sigma P_high)[q,l,s,j] *)
Theorem hessian_r2 : forall (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat -> symmetric m d P_high -> symmetric m d Sigma ->
  is_derive (fun t => partial (R_2 m d P_high Sigma) (replaced W s j t) q l) (W s j)
    (2 * apply m d P_high (apply m d Sigma (fun r i => P_high r i s j)) q l).
Proof.
  intros m d P T W q l s j Hq Hl Hs Hj HP HT.
  apply (is_derive_quadratic (2 * apply m d P (apply m d T (apply m d P W)) q l) _ 0); intros t.
  rewrite (partial_unique _ _ _ _ _ (gradient_r2 m d P T (replaced W s j t) q l Hq Hl HP HT)).
  rewrite (apply_ext m d P _ (fun g h => apply m d T (apply m d P W) g h
    + (t - W s j) * apply m d T (fun r i => P r i s j) g h)).
  - rewrite apply_plus; ring.
  - intros g h _ _; rewrite <- apply_plus; apply apply_ext; intros r i _ _.
    rewrite apply_replaced, apply_entry by assumption; reflexivity.
Qed.

(* grad R_3 = 2 P_low W *)
Theorem gradient_r3 : forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_low -> idempotent m d P_low ->
  is_derive (fun t => R_3 m d P_low (replaced W q l t)) (W q l) (2 * apply m d P_low W q l).
Proof.
  intros m d P W q l Hq Hl HP HI.
  set (V := apply m d P W); set (E := apply m d P (entry q l)).
  apply (is_derive_quadratic (inner m d V V) _ (inner m d E E)); intros t; unfold R_3.
  rewrite (inner_ext m d _ (fun r i => V r i + (t - W q l) * E r i) _ (fun r i => V r i + (t - W q l) * E r i))
    by (intros; apply apply_replaced).
  assert (B : inner m d E V = apply m d P V q l)
    by (unfold E; rewrite <- (inner_apply m d P _ _ HP); apply inner_entry; assumption).
  rewrite inner_plus_l, !inner_plus_r, (inner_sym m d V E), B; unfold V; rewrite (HI W q l Hq Hl); ring.
Qed.

(* hess R_3 = 2 P_low *)
Theorem hessian_r3 : forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat -> symmetric m d P_low -> idempotent m d P_low ->
  is_derive (fun t => partial (R_3 m d P_low) (replaced W s j t) q l) (W s j) (2 * P_low q l s j).
Proof.
  intros m d P W q l s j Hq Hl Hs Hj HP HI.
  apply (is_derive_quadratic (2 * apply m d P W q l) _ 0); intros t.
  rewrite (partial_unique _ _ _ _ _ (gradient_r3 m d P (replaced W s j t) q l Hq Hl HP HI)).
  rewrite apply_replaced, apply_entry by assumption; ring.
Qed.

(* |w_r|^2 with one entry replaced, as a polynomial in t - W[q,l] *)
Lemma dot_replaced d W q l t r : (l < d)%nat ->
  dot d (replaced W q l t r) (replaced W q l t r)
  = dot d (W r) (W r) + (t - W q l) * (2 * delta r q * W q l) + (t - W q l) ^ 2 * delta r q.
Proof.
  intros Hl; unfold dot.
  rewrite (sum_ext _ _ (fun i => (W r i * W r i + (2 * (t - W q l) * delta r q) * (delta i l * W r i))
    + ((t - W q l) ^ 2 * delta r q ^ 2) * (delta i l * delta i l))).
  - rewrite !sum_plus, !sum_scal_l, sum_delta, (sum_delta d l (fun i => delta i l)), delta_same by exact Hl.
    unfold delta; destruct (Nat.eqb_spec r q) as [-> | ]; ring.
  - intros i _; rewrite replaced_entry; unfold entry; ring.
Qed.

(* d |w_r|^2 / dW[q,l] = 2 W[q,l] delta_rq *)
Lemma is_derive_norm d W q l r : (l < d)%nat ->
  is_derive (fun t => dot d (replaced W q l t r) (replaced W q l t r)) (W q l) (2 * delta r q * W q l).
Proof.
  intros Hl; apply (is_derive_quadratic (dot d (W r) (W r)) _ (delta r q)); intros t; apply dot_replaced, Hl.
Qed.

(* d (sum_r |w_r|^4) / dW[q,l] = 4 |w_q|^2 W[q,l] *)
Lemma is_derive_quartic m d W q l : (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => sum m (fun r => dot d (replaced W q l t r) (replaced W q l t r) ^ 2)) (W q l)
    (4 * dot d (W q) (W q) * W q l).
Proof.
  intros Hq Hl.
  replace (4 * dot d (W q) (W q) * W q l)
    with (sum m (fun r => INR 2 * (2 * delta r q * W q l)
            * dot d (replaced W q l (W q l) r) (replaced W q l (W q l) r) ^ pred 2)).
  - apply (is_derive_sum m (fun r t => dot d (replaced W q l t r) (replaced W q l t r) ^ 2)); intros r _.
    apply is_derive_pow, is_derive_norm, Hl.
  - rewrite (sum_ext _ _ (fun r => delta r q * (4 * dot d (W r) (W r) * W q l))).
    + rewrite sum_delta by exact Hq; reflexivity.
    + intros r _; rewrite replaced_id; simpl; ring.
Qed.

(* grad R_4 = 8 (sum_s |w_s|^4) |w_q|^2 w_q *)
Theorem gradient_r4 : forall (m d : nat) (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => R_4 m d (replaced W q l t)) (W q l)
    (8 * sum m (fun s => dot d (W s) (W s) ^ 2) * dot d (W q) (W q) * W q l).
Proof.
  intros m d W q l Hq Hl; unfold R_4.
  apply (is_derive_value _ _ _ _ (is_derive_pow _ 2 _ _ (is_derive_quartic m d W q l Hq Hl))).
  simpl pred; rewrite pow_1, replaced_id; simpl; ring.
Qed.

(* hess R_4, entry ((q,l),(s,j)), with S = sum_r |w_r|^4:
   8 S (|w_q|^2 delta_lj + 2 W[q,l] W[q,j]) delta_qs + 32 |w_q|^2 |w_s|^2 W[q,l] W[s,j] *)
Theorem hessian_r4 : forall (m d : nat) (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  is_derive (fun t => partial (R_4 m d) (replaced W s j t) q l) (W s j)
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2)
       * (dot d (W q) (W q) * delta l j + 2 * W q l * W q j) * delta q s
     + 32 * dot d (W q) (W q) * dot d (W s) (W s) * W q l * W s j).
Proof.
  intros m d W q l s j Hq Hl Hs Hj.
  apply (is_derive_ext (fun t => 8 * (sum m (fun r => dot d (replaced W s j t r) (replaced W s j t r) ^ 2)
    * (dot d (replaced W s j t q) (replaced W s j t q) * (W q l + (t - W s j) * entry s j q l))))).
  { intros t; rewrite (partial_unique _ _ _ _ _ (gradient_r4 m d (replaced W s j t) q l Hq Hl)).
    rewrite <- replaced_entry; match goal with |- ?x = ?y => change (@eq R x y) end; ring. }
  assert (D : is_derive (fun t => W q l + (t - W s j) * entry s j q l) (W s j) (entry s j q l))
    by (auto_derive; [trivial | ring]).
  assert (M := is_derive_product _ _ _ _ _ (is_derive_quartic m d W s j Hs Hj)
    (is_derive_product _ _ _ _ _ (is_derive_norm d W s j q Hj) D)).
  apply (is_derive_scal _ _ 8) in M; rewrite !replaced_id in M.
  apply (is_derive_value _ _ _ _ M).
  unfold entry, delta; rewrite (Nat.eqb_sym l j).
  destruct (Nat.eqb_spec q s) as [-> | ]; destruct (Nat.eqb_spec j l) as [-> | ]; ring.
Qed.

(* R_4(tW) = t^8 R_4(W) *)
Theorem homogeneous_r4 : forall (m d : nat) (W : nat -> nat -> R) (t : R),
  R_4 m d (fun r i => t * W r i) = t ^ 8 * R_4 m d W.
Proof.
  intros m d W t; unfold R_4.
  rewrite (sum_ext m _ (fun r => t ^ 4 * dot d (W r) (W r) ^ 2)); [rewrite sum_scal_l; ring |].
  intros r _; rewrite dot_scal_l, dot_sym, dot_scal_l; ring.
Qed.

(* The square of a convex nonnegative function is convex. *)
Lemma convex_square s z u v : 0 <= s <= 1 -> 0 <= z -> 0 <= u -> 0 <= v -> z <= (1 - s) * u + s * v ->
  z ^ 2 <= (1 - s) * u ^ 2 + s * v ^ 2.
Proof.
  intros Hs Hz Hu Hv H; apply Rle_trans with (((1 - s) * u + s * v) ^ 2); [apply pow_incr; lra |].
  assert (0 <= s * (1 - s) * (u - v) ^ 2) by (apply Rmult_le_pos; [apply Rmult_le_pos; lra | apply pow2_ge_0]); lra.
Qed.

(* R_4 is convex: R_4((1-s)U + sV) <= (1-s) R_4(U) + s R_4(V) for 0 <= s <= 1 *)
Theorem convex_r4 : forall (m d : nat) (U V : nat -> nat -> R) (s : R),
  0 <= s <= 1 -> R_4 m d (fun r i => (1 - s) * U r i + s * V r i) <= (1 - s) * R_4 m d U + s * R_4 m d V.
Proof.
  intros m d U V s Hs; unfold R_4.
  assert (Q : forall Z, 0 <= sum m (fun r => dot d (Z r) (Z r) ^ 2))
    by (intros; apply sum_nonneg; intros; apply pow2_ge_0).
  apply convex_square; [exact Hs | apply Q | apply Q | apply Q |].
  rewrite <- !sum_scal_l, <- sum_plus; apply sum_le; intros r _.
  apply convex_square; [exact Hs | apply dot_nonneg | apply dot_nonneg | apply dot_nonneg |].
  unfold dot; rewrite <- !sum_scal_l, <- sum_plus; apply sum_le; intros i _.
  assert (0 <= s * (1 - s) * (U r i - V r i) ^ 2)
    by (apply Rmult_le_pos; [apply Rmult_le_pos; lra | apply pow2_ge_0]); lra.
Qed.

(* ((w0_r + w_r).x) with one entry of W replaced *)
Lemma preactivation_replaced d (w0 W : nat -> nat -> R) q l t r x : (l < d)%nat ->
  dot d (fun i => w0 r i + replaced W q l t r i) x
  = dot d (fun i => w0 r i + W r i) x + (t - W q l) * (delta r q * x l).
Proof.
  intros Hl; unfold dot.
  rewrite (sum_ext d _ (fun i => (w0 r i + W r i) * x i + ((t - W q l) * delta r q) * (delta i l * x i))).
  - rewrite sum_plus, sum_scal_l, sum_delta by exact Hl; ring.
  - intros i _; rewrite replaced_entry; unfold entry; ring.
Qed.

(* An activation at the moved preactivation: d s0((w0_r + w_r).x) / dW[q,l] = s1((w0_r + w_r).x) delta_rq x_l *)
Lemma is_derive_activation (s0 s1 : R -> R) d (w0 W : nat -> nat -> R) q l r x : (l < d)%nat ->
  (forall z, is_derive s0 z (s1 z)) ->
  is_derive (fun t => s0 (dot d (fun i => w0 r i + replaced W q l t r i) x)) (W q l)
    (delta r q * (s1 (dot d (fun i => w0 r i + W r i) x) * x l)).
Proof.
  intros Hl H.
  replace (delta r q * (s1 (dot d (fun i => w0 r i + W r i) x) * x l))
    with (delta r q * x l * s1 (dot d (fun i => w0 r i + replaced W q l (W q l) r i) x))
    by (rewrite replaced_id; ring).
  apply (is_derive_comp s0); [apply H |].
  apply (is_derive_quadratic (dot d (fun i => w0 r i + W r i) x) _ 0); intros t.
  rewrite preactivation_replaced by exact Hl; ring.
Qed.

(* d f(x;W) / dW[q,l] = m^(-1/2) a_q s1((w0_q + w_q).x) x_l: the NTK features at the moved weights *)
Theorem gradient_network : forall (s0 s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> (forall z, is_derive s0 z (s1 z)) ->
  is_derive (fun t => network s0 m d a w0 (replaced W q l t) x) (W q l)
    (/ sqrt (INR m) * (a q * s1 (dot d (fun i => w0 q i + W q i) x) * x l)).
Proof.
  intros s0 s1 m d a w0 W x q l Hq Hl H; unfold network.
  apply (is_derive_value _ _ (/ sqrt (INR m) * sum m (fun r =>
    a r * (delta r q * (s1 (dot d (fun i => w0 r i + W r i) x) * x l))))).
  - apply is_derive_scal.
    apply (is_derive_sum m (fun r t => a r * s0 (dot d (fun i => w0 r i + replaced W q l t r i) x))); intros r _.
    apply is_derive_scal, is_derive_activation; assumption.
  - rewrite (sum_ext m _ (fun r => delta r q * (a r * (s1 (dot d (fun i => w0 r i + W r i) x) * x l))))
      by (intros; ring).
    rewrite sum_delta by exact Hq; ring.
Qed.

(* d^2 f(x;W) / dW[q,l] dW[s,j] = m^(-1/2) a_q s2((w0_q + w_q).x) x_l x_j delta_qs *)
Theorem hessian_network : forall (s0 s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive (fun t => partial (fun V => network s0 m d a w0 V x) (replaced W s j t) q l) (W s j)
    (/ sqrt (INR m) * (a q * s2 (dot d (fun i => w0 q i + W q i) x) * x l * x j * delta q s)).
Proof.
  intros s0 s1 s2 m d a w0 W x q l s j Hq Hl Hs Hj H0 H1.
  apply (is_derive_ext (fun t => / sqrt (INR m) * a q * x l
    * s1 (dot d (fun i => w0 q i + replaced W s j t q i) x))).
  { intros t.
    rewrite (partial_unique _ _ _ _ _ (gradient_network s0 s1 m d a w0 (replaced W s j t) x q l Hq Hl H0)).
    match goal with |- ?u = ?v => change (@eq R u v) end; ring. }
  apply (is_derive_value _ _
    (/ sqrt (INR m) * a q * x l * (delta q s * (s2 (dot d (fun i => w0 q i + W q i) x) * x j)))); [| ring].
  apply is_derive_scal, is_derive_activation; assumption.
Qed.

(* d f_Q(x;W) / dW[q,l] = m^(-1/2) a_q s2(w0_q.x) (w_q.x) x_l *)
Theorem gradient_f_Q : forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => f_Q s2 m d a w0 (replaced W q l t) x) (W q l)
    (/ sqrt (INR m) * (a q * s2 (dot d (w0 q) x) * dot d (W q) x * x l)).
Proof.
  intros s2 m d a w0 W x q l Hq Hl; unfold f_Q.
  set (c := fun r => a r * s2 (dot d (w0 r) x)).
  apply (is_derive_quadratic (/ (2 * sqrt (INR m)) * sum m (fun r => c r * dot d (W r) x ^ 2)) _
    (/ (2 * sqrt (INR m)) * (c q * x l ^ 2))); intros t.
  rewrite (sum_ext m _ (fun r => (c r * dot d (W r) x ^ 2
    + (2 * (t - W q l) * x l) * (delta r q * (c r * dot d (W r) x))) 
    + ((t - W q l) ^ 2 * x l ^ 2) * (delta r q * c r))).
  - rewrite !sum_plus, !sum_scal_l, !sum_delta by exact Hq; rewrite Rinv_mult.
    generalize (/ sqrt (INR m)); intros k; unfold c; field.
  - intros r _; fold (c r).
    rewrite (dot_ext d _ (fun i => W r i + (t - W q l) * entry q l r i) _ x)
      by (intros; reflexivity || apply replaced_entry).
    rewrite dot_plus_l, dot_scal_l.
    replace (dot d (entry q l r) x) with (delta r q * x l).
    + unfold delta; destruct (Nat.eqb_spec r q); ring.
    + unfold dot, entry; rewrite <- (sum_delta d l x Hl), <- sum_scal_l; apply sum_ext; intros; ring.
Qed.

(* A training loss of any model F_p(W) with gradient entries D_p: (1/n) sum_p loss'(y_p, F_p) D_p. *)
Lemma is_derive_loss n (loss loss1 : R -> R -> R) (y : nat -> R) (F : nat -> (nat -> nat -> R) -> R) D W q l :
  (forall u z, is_derive (loss u) z (loss1 u z)) ->
  (forall p, (p < n)%nat -> is_derive (fun t => F p (replaced W q l t)) (W q l) (D p)) ->
  is_derive (fun t => / INR n * sum n (fun p => loss (y p) (F p (replaced W q l t)))) (W q l)
    (/ INR n * sum n (fun p => loss1 (y p) (F p W) * D p)).
Proof.
  intros HL HF; apply is_derive_scal.
  apply (is_derive_sum n (fun p t => loss (y p) (F p (replaced W q l t)))); intros p Hp.
  rewrite <- (replaced_id W q l) at 2; rewrite Rmult_comm.
  apply (is_derive_comp (loss (y p)) (fun t => F p (replaced W q l t))); [apply HL | apply HF, Hp].
Qed.

(* The same once more: (1/n) sum_p [loss''(y_p, F_p) (dF_p/dW[s,j]) (dF_p/dW[q,l]) + loss'(y_p, F_p) d^2F_p]. *)
Lemma is_derive_loss_twice n (loss loss1 loss2 : R -> R -> R) (y : nat -> R) (F : nat -> (nat -> nat -> R) -> R)
    (D : nat -> (nat -> nat -> R) -> R) E H W q l s j :
  (forall u z, is_derive (loss u) z (loss1 u z)) -> (forall u z, is_derive (loss1 u) z (loss2 u z)) ->
  (forall p V, (p < n)%nat -> is_derive (fun t => F p (replaced V q l t)) (V q l) (D p V)) ->
  (forall p, (p < n)%nat -> is_derive (fun t => F p (replaced W s j t)) (W s j) (E p)) ->
  (forall p, (p < n)%nat -> is_derive (fun t => D p (replaced W s j t)) (W s j) (H p)) ->
  is_derive (fun t => partial (fun V => / INR n * sum n (fun p => loss (y p) (F p V))) (replaced W s j t) q l)
    (W s j)
    (/ INR n * sum n (fun p => loss2 (y p) (F p W) * E p * D p W + loss1 (y p) (F p W) * H p)).
Proof.
  intros H1 H2 HF HE HH.
  apply (is_derive_ext (fun t =>
    / INR n * sum n (fun p => loss1 (y p) (F p (replaced W s j t)) * D p (replaced W s j t)))).
  { intros t; symmetry; apply partial_unique, (is_derive_loss n loss loss1 y F);
      [exact H1 | intros; apply HF; assumption]. }
  apply is_derive_scal.
  apply (is_derive_sum n (fun p t => loss1 (y p) (F p (replaced W s j t)) * D p (replaced W s j t))); intros p Hp.
  generalize (is_derive_product (fun t => loss1 (y p) (F p (replaced W s j t)))
    (fun t => D p (replaced W s j t)) (W s j) (E p * loss2 (y p) (F p (replaced W s j (W s j)))) (H p)).
  rewrite !replaced_id; intros P; rewrite (Rmult_comm (loss2 _ _) (E p)); apply P; [| apply HH, Hp].
  rewrite <- (replaced_id W s j) at 2.
  apply (is_derive_comp (loss1 (y p)) (fun t => F p (replaced W s j t))); [apply H2 | apply HE, Hp].
Qed.

(* grad_{w_q} (1/n) sum_p loss(y_p, f(x_p;W)) = 1/(n sqrt m) sum_p loss'(y_p, f_p) a_q s1((w0_q + w_q).x_p) x_p,
   for the full network and any loss *)
Theorem gradient_loss : forall (loss loss1 : R -> R -> R) (s0 s1 : R -> R) (n m d : nat) (a y : nat -> R)
    (w0 W X : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  (forall u z, is_derive (loss u) z (loss1 u z)) -> (forall z, is_derive s0 z (s1 z)) ->
  is_derive (fun t => / INR n * sum n (fun p =>
      loss (y p) (network s0 m d a w0 (replaced W q l t) (X p)))) (W q l)
    (/ INR n * / sqrt (INR m) * sum n (fun p => loss1 (y p) (network s0 m d a w0 W (X p))
      * a q * s1 (dot d (fun i => w0 q i + W q i) (X p)) * X p l)).
Proof.
  intros loss loss1 s0 s1 n m d a y w0 W X q l Hq Hl HL H0.
  eapply is_derive_value.
  - apply (is_derive_loss n loss loss1 y (fun p V => network s0 m d a w0 V (X p))); [exact HL |].
    intros p _; apply gradient_network; eassumption.
  - rewrite <- !sum_scal_l; apply sum_ext; intros; ring.
Qed.

(* hess_{w_q w_s} (1/n) sum_p loss(y_p, f(x_p;W)) = (1/n) sum_p [loss''_p grad_q f_p grad_s f_p^T
     + m^(-1/2) loss'_p a_q s2((w0_q + w_q).x_p) x_p x_p^T delta_qs],  grad_q f = m^(-1/2) a_q s1((w0_q + w_q).x) x,
   for the full network and any loss *)
Theorem hessian_loss : forall (loss loss1 loss2 : R -> R -> R) (s0 s1 s2 : R -> R) (n m d : nat)
    (a y : nat -> R) (w0 W X : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  (forall u z, is_derive (loss u) z (loss1 u z)) -> (forall u z, is_derive (loss1 u) z (loss2 u z)) ->
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive (fun t => partial (fun V => / INR n * sum n (fun p =>
      loss (y p) (network s0 m d a w0 V (X p)))) (replaced W s j t) q l) (W s j)
    (/ INR n * sum n (fun p =>
        loss2 (y p) (network s0 m d a w0 W (X p))
          * (/ sqrt (INR m) * (a s * s1 (dot d (fun i => w0 s i + W s i) (X p)) * X p j))
          * (/ sqrt (INR m) * (a q * s1 (dot d (fun i => w0 q i + W q i) (X p)) * X p l))
        + loss1 (y p) (network s0 m d a w0 W (X p))
          * (/ sqrt (INR m) * (a q * s2 (dot d (fun i => w0 q i + W q i) (X p))
              * X p l * X p j * delta q s)))).
Proof.
  intros loss loss1 loss2 s0 s1 s2 n m d a y w0 W X q l s j Hq Hl Hs Hj HL HL1 H0 H1.
  eapply is_derive_value.
  - apply (is_derive_loss_twice n loss loss1 loss2 y (fun p V => network s0 m d a w0 V (X p))
      (fun p V => / sqrt (INR m) * (a q * s1 (dot d (fun i => w0 q i + V q i) (X p)) * X p l)));
      [exact HL | exact HL1 | | |].
    + intros p V _; apply gradient_network; assumption.
    + intros p _; apply gradient_network; eassumption.
    + intros p _; generalize (hessian_network s0 s1 s2 m d a w0 W (X p) q l s j Hq Hl Hs Hj H0 H1).
      apply is_derive_ext; intros t; apply partial_unique, gradient_network; assumption.
  - rewrite <- !sum_scal_l; apply sum_ext; intros; ring.
Qed.

(* The same gradient for the second-order model f_L + f_Q:
   1/(n sqrt m) sum_p loss'(y_p, f_L + f_Q) a_q [s1(w0_q.x_p) + s2(w0_q.x_p) (w_q.x_p)] x_p *)
Theorem gradient_loss_quadratic : forall (loss loss1 : R -> R -> R) (s1 s2 : R -> R) (n m d : nat)
    (a y : nat -> R) (w0 W X : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> (forall u z, is_derive (loss u) z (loss1 u z)) ->
  is_derive (fun t => / INR n * sum n (fun p => loss (y p)
      (f_L s1 m d a w0 (replaced W q l t) (X p) + f_Q s2 m d a w0 (replaced W q l t) (X p)))) (W q l)
    (/ INR n * / sqrt (INR m) * sum n (fun p =>
      loss1 (y p) (f_L s1 m d a w0 W (X p) + f_Q s2 m d a w0 W (X p))
      * a q * (s1 (dot d (w0 q) (X p)) + s2 (dot d (w0 q) (X p)) * dot d (W q) (X p)) * X p l)).
Proof.
  intros loss loss1 s1 s2 n m d a y w0 W X q l Hq Hl HL.
  eapply is_derive_value.
  - apply (is_derive_loss n loss loss1 y (fun p V => f_L s1 m d a w0 V (X p) + f_Q s2 m d a w0 V (X p)));
      [exact HL |].
    intros p _; apply (is_derive_plus (V := R_NormedModule)); [apply gradient_f_L | apply gradient_f_Q]; assumption.
  - rewrite <- !sum_scal_l; apply sum_ext; intros; unfold plus, feature; simpl; ring.
Qed.

(* The gradient of R_1 without its factor 2 is false: the derivative of t^2 at 1 is not 1. *)
Theorem gradient_r1_twin_false : ~ (forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_high ->
  is_derive (fun t => R_1 s1 n m d a w0 X P_high (replaced W q l t)) (W q l)
    (1 / INR n * apply m d P_high (fun r i => sum n (fun p =>
      f_L s1 m d a w0 (apply m d P_high W) (X p) * feature s1 m d a w0 (X p) r i)) q l)).
Proof.
  intros H.
  assert (G := derivative_same _ _ _ _
    (H (fun _ => 1) 1%nat 1%nat 1%nat (fun _ => 1) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ _ _ => 1) (fun _ _ => 1)
      O O (Nat.lt_0_succ O) (Nat.lt_0_succ O) (fun _ _ _ _ _ _ _ _ => eq_refl))
    (gradient_r1 (fun _ => 1) 1 1 1 (fun _ => 1) (fun _ _ => 1) (fun _ _ => 1) (fun _ _ _ _ => 1) (fun _ _ => 1)
      O O (Nat.lt_0_succ O) (Nat.lt_0_succ O) (fun _ _ _ _ _ _ _ _ => eq_refl))).
  revert G; unfold f_L, apply, feature, dot; simpl; rewrite sqrt_1; lra.
Qed.

(* The gradient of R_2 without the outer projection is false: P_high = 2 and Sigma = 1, of one entry. *)
Theorem gradient_r2_twin_false : ~ (forall (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_high -> symmetric m d Sigma ->
  is_derive (fun t => R_2 m d P_high Sigma (replaced W q l t)) (W q l)
    (2 * apply m d Sigma (apply m d P_high W) q l)).
Proof.
  intros H.
  assert (G := derivative_same _ _ _ _
    (H 1%nat 1%nat (fun _ _ _ _ => 2) (fun _ _ _ _ => 1) (fun _ _ => 1) O O (Nat.lt_0_succ O) (Nat.lt_0_succ O)
      (fun _ _ _ _ _ _ _ _ => eq_refl) (fun _ _ _ _ _ _ _ _ => eq_refl))
    (gradient_r2 1 1 (fun _ _ _ _ => 2) (fun _ _ _ _ => 1) (fun _ _ => 1) O O (Nat.lt_0_succ O) (Nat.lt_0_succ O)
      (fun _ _ _ _ _ _ _ _ => eq_refl) (fun _ _ _ _ _ _ _ _ => eq_refl))).
  revert G; unfold apply; simpl; lra.
Qed.

(* The gradient of R_3 without its factor 2 is false: P_low = 1, the identity of one entry. *)
Theorem gradient_r3_twin_false : ~ (forall (m d : nat) (P_low : nat -> nat -> nat -> nat -> R)
    (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat -> symmetric m d P_low -> idempotent m d P_low ->
  is_derive (fun t => R_3 m d P_low (replaced W q l t)) (W q l) (1 * apply m d P_low W q l)).
Proof.
  intros H.
  assert (I : idempotent 1 1 (fun _ _ _ _ => 1)) by (intros W r i _ _; unfold apply; simpl; ring).
  assert (G := derivative_same _ _ _ _
    (H 1%nat 1%nat (fun _ _ _ _ => 1) (fun _ _ => 1) O O (Nat.lt_0_succ O) (Nat.lt_0_succ O)
      (fun _ _ _ _ _ _ _ _ => eq_refl) I)
    (gradient_r3 1 1 (fun _ _ _ _ => 1) (fun _ _ => 1) O O (Nat.lt_0_succ O) (Nat.lt_0_succ O)
      (fun _ _ _ _ _ _ _ _ => eq_refl) I)).
  revert G; unfold apply; simpl; lra.
Qed.

(* The gradient of R_4 with 4 for 8 is false: W = 1, one entry: the derivative of t^8 at 1 is not 4. *)
Theorem gradient_r4_twin_false : ~ (forall (m d : nat) (W : nat -> nat -> R) (q l : nat),
  (q < m)%nat -> (l < d)%nat ->
  is_derive (fun t => R_4 m d (replaced W q l t)) (W q l)
    (4 * sum m (fun s => dot d (W s) (W s) ^ 2) * dot d (W q) (W q) * W q l)).
Proof.
  intros H.
  assert (G := derivative_same _ _ _ _ (H 1%nat 1%nat (fun _ _ => 1) O O (Nat.lt_0_succ O) (Nat.lt_0_succ O))
    (gradient_r4 1 1 (fun _ _ => 1) O O (Nat.lt_0_succ O) (Nat.lt_0_succ O))).
  revert G; unfold dot; simpl; lra.
Qed.

(* The Hessian of R_4 with 16 for 32 is false: W = 1, one entry: the second derivative of t^8 at 1 is 56, not 40. *)
Theorem hessian_r4_twin_false : ~ (forall (m d : nat) (W : nat -> nat -> R) (q l s j : nat),
  (q < m)%nat -> (l < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  is_derive (fun t => partial (R_4 m d) (replaced W s j t) q l) (W s j)
    (8 * sum m (fun r => dot d (W r) (W r) ^ 2)
       * (dot d (W q) (W q) * delta l j + 2 * W q l * W q j) * delta q s
     + 16 * dot d (W q) (W q) * dot d (W s) (W s) * W q l * W s j)).
Proof.
  intros H; set (z := Nat.lt_0_succ O).
  assert (G := derivative_same _ _ _ _ (H 1%nat 1%nat (fun _ _ => 1) O O O O z z z z)
    (hessian_r4 1 1 (fun _ _ => 1) O O O O z z z z)).
  revert G; unfold dot, delta; simpl; lra.
Qed.
