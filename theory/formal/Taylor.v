(* The Taylor expansion of the network in the movement W.

     f^(j)(x;W) is the j-th Taylor coefficient of t |-> f(x;tW) at t = 0, of degree j in W;
     f(x;0) = 0 for antisymmetric pairs of neurons;
     |f - f_L - f_Q|(x;W) <= M_3/(6 sqrt m) sum_r |w_r.x|^3,   M_3 a bound of |s3|.

   m neurons, dimension d and the activation are arbitrary.  s3 need not be continuous. *)
From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model.
Open Scope R_scope.

(* G (S i) the derivative of G i for every i < j: then the j-th derivative of G 0 is G j. *)
Lemma is_derive_n_chain (G : nat -> R -> R) j :
  (forall i, (i < j)%nat -> forall t, is_derive (G i) t (G (S i) t)) ->
  forall t, is_derive_n (G O) j t (G j t).
Proof.
  induction j as [|j IH]; intros H t; [reflexivity|]. simpl.
  apply (is_derive_ext (G j)); [|apply H; lia].
  intros u. symmetry. apply is_derive_n_unique, IH. intros i Hi v. apply H. lia.
Qed.

(* A derivative of the value l has every value equal to l. *)
Lemma is_derive_n_value f n (x k l : R) : is_derive_n f n x k -> k = l -> is_derive_n f n x l.
Proof. intros H <-. exact H. Qed.

(* Lagrange's form of the remainder for h > 0; h < 0 follows by reflection. *)
Lemma neuron_remainder_pos (G : nat -> R -> R) M3 u h :
  (forall i, (i < 3)%nat -> forall z, is_derive (G i) z (G (S i) z)) -> (forall z, Rabs (G 3%nat z) <= M3) ->
  0 < h -> exists z, G O (u + h) = G O u + G 1%nat u * h + G 2%nat u * (h ^ 2 / 2) + G 3%nat z * (h ^ 3 / 6).
Proof.
  intros D B Hh.
  assert (C : forall i, (i <= 3)%nat -> forall z, is_derive_n (G O) i z (G i z)).
  { intros i Hi. apply is_derive_n_chain. intros k Hk. apply D. lia. }
  destruct (Taylor_Lagrange (G O) 2 u (u + h)) as [z [_ E]]; [lra| |].
  - intros t _ [|k] Hk; [exact I|]. exists (G (S k) t). apply (C (S k) Hk).
  - exists z. rewrite E. unfold sum_f_R0.
    rewrite (is_derive_n_unique _ _ _ _ (C 1%nat ltac:(lia) u)), (is_derive_n_unique _ _ _ _ (C 2%nat ltac:(lia) u)),
      (is_derive_n_unique _ _ _ _ (C 3%nat ltac:(lia) z)).
    replace (u + h - u) with h by ring. simpl. field.
Qed.

(* The curve t |-> w0.x + t w.x that a neuron sees. *)
Lemma dot_curve d (u v x : nat -> R) t : dot d (fun i => u i + t * v i) x = dot d u x + t * dot d v x.
Proof. rewrite dot_plus_l, dot_scal_l. reflexivity. Qed.

(* The movement 0 leaves the initial weights. *)
Lemma network_zero s0 m d a w0 x :
  network s0 m d a w0 (fun _ _ => 0) x = / sqrt (INR m) * sum m (fun r => a r * s0 (dot d (w0 r) x)).
Proof.
  unfold network. f_equal. apply sum_ext. intros r _. do 2 f_equal. apply sum_ext. intros. ring.
Qed.

(* |s0(u+h) - s0(u) - s1(u) h - s2(u) h^2/2| <= M_3 |h|^3/6: the remainder of one neuron. *)
Theorem neuron_remainder : forall (s0 s1 s2 s3 : R -> R) (M3 : R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  forall u h, Rabs (s0 (u + h) - s0 u - s1 u * h - s2 u * h ^ 2 / 2) <= M3 * Rabs h ^ 3 / 6.
Proof.
  intros s0 s1 s2 s3 M3 D1 D2 D3 B u h.
  pose (G := fun j => match j with O => s0 | 1%nat => s1 | 2%nat => s2 | _ => s3 end).
  assert (E : exists z, s0 (u + h) - s0 u - s1 u * h - s2 u * h ^ 2 / 2 = s3 z * (h ^ 3 / 6)).
  { destruct (Rtotal_order h 0) as [N|[->|P]].
    - pose (F := fun j z => (-1) ^ j * G j (- z)).
      destruct (neuron_remainder_pos F M3 (- u) (- h)) as [z E].
      + intros i Hi z. unfold F.
        replace ((-1) ^ S i * G (S i) (- z)) with ((-1) ^ i * (-1 * G (S i) (- z))) by (simpl; ring).
        apply is_derive_scal.
        apply (is_derive_comp (G i)); [|auto_derive; [trivial|ring]].
        destruct i as [|[|[|i]]]; [apply D1|apply D2|apply D3|lia].
      + intros z. unfold F. simpl. rewrite Rabs_mult.
        replace (-1 * (-1 * (-1 * 1))) with (- (1)) by ring. rewrite Rabs_Ropp, Rabs_R1, Rmult_1_l. apply B.
      + lra.
      + exists (- z). unfold F, G in E. replace (- (- u + - h)) with (u + h) in E by ring.
        rewrite Ropp_involutive in E. simpl in E. simpl. lra.
    - exists 0. rewrite Rplus_0_r. field.
    - destruct (neuron_remainder_pos G M3 u h) as [z E].
      + intros i Hi. destruct i as [|[|[|i]]]; [apply D1|apply D2|apply D3|lia].
      + apply B.
      + lra.
      + exists z. unfold G in E. lra. }
  destruct E as [z ->]. unfold Rdiv. rewrite !Rabs_mult, (Rabs_right (/ 6)), <- RPow_abs by lra.
  rewrite <- Rmult_assoc. apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_r; [apply pow_le, Rabs_pos|apply B].
Qed.

(* |f(x;W) - f(x;0) - f_L - f_Q| <= M_3/(6 sqrt m) sum_r |w_r.x|^3, for any initial weights and |a_r| <= 1. *)
Theorem remainder_from_start : forall (s0 s1 s2 s3 : R -> R) (M3 : R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  (forall r, (r < m)%nat -> Rabs (a r) <= 1) ->
  Rabs (network s0 m d a w0 W x - network s0 m d a w0 (fun _ _ => 0) x
      - f_L s1 m d a w0 W x - f_Q s2 m d a w0 W x)
    <= M3 / (6 * sqrt (INR m)) * sum m (fun r => Rabs (dot d (W r) x) ^ 3).
Proof.
  intros s0 s1 s2 s3 M3 m d a w0 W x D1 D2 D3 B A.
  rewrite network_zero. unfold network, f_L, f_Q.
  rewrite (Rinv_mult 2). set (c := / sqrt (INR m)).
  assert (C : 0 <= c).
  { destruct m as [|m]; [unfold c; simpl; rewrite sqrt_0, Rinv_0; lra|].
    left. apply Rinv_0_lt_compat, sqrt_lt_R0, lt_0_INR. lia. }
  set (rho := fun r => s0 (dot d (w0 r) x + dot d (W r) x) - s0 (dot d (w0 r) x) - s1 (dot d (w0 r) x) * dot d (W r) x
    - s2 (dot d (w0 r) x) * dot d (W r) x ^ 2 / 2).
  match goal with |- Rabs ?e <= _ => replace e with (c * sum m (fun r => a r * rho r)) end.
  - rewrite Rabs_mult, (Rabs_right c) by lra.
    replace (M3 / (6 * sqrt (INR m))) with (c * (M3 / 6)) by (unfold c, Rdiv; rewrite Rinv_mult; ring).
    rewrite Rmult_assoc, <- sum_scal_l. apply Rmult_le_compat_l; [exact C|].
    eapply Rle_trans; [apply sum_abs|]. apply sum_le. intros r Hr.
    pose proof (neuron_remainder s0 s1 s2 s3 M3 D1 D2 D3 B (dot d (w0 r) x) (dot d (W r) x)) as N.
    rewrite Rabs_mult. fold (rho r) in N. pose proof (A r Hr).
    pose proof (Rabs_pos (a r)). pose proof (Rabs_pos (rho r)).
    apply Rle_trans with (1 * Rabs (rho r)); [apply Rmult_le_compat_r; assumption|lra].
  - rewrite (Rmult_comm (/ 2)), (Rmult_assoc c (/ 2)), <- (sum_scal_l m (/ 2)), <- !Rmult_minus_distr_l, <- !sum_minus.
    f_equal. apply sum_ext. intros r _. rewrite dot_plus_l. unfold rho. field.
Qed.

(* f(x;0) = 0 for antisymmetric pairs of neurons: w0_{r+h} = w0_r, a_{r+h} = -a_r, m = 2h. *)
Theorem initialization : forall (s0 : R -> R) (h d : nat) (a : nat -> R) (w0 : nat -> nat -> R) (x : nat -> R),
  (forall r i, (r < h)%nat -> (i < d)%nat -> w0 (r + h)%nat i = w0 r i) ->
  (forall r, (r < h)%nat -> a (r + h)%nat = - a r) ->
  network s0 (2 * h) d a w0 (fun _ _ => 0) x = 0.
Proof.
  intros s0 h d a w0 x H A. rewrite network_zero. replace (2 * h)%nat with (h + h)%nat by lia.
  rewrite sum_split, <- sum_plus, sum_eq0; [ring|]. intros r Hr. rewrite (Nat.add_comm h r).
  rewrite (A r Hr). replace (dot d (w0 (r + h)%nat) x) with (dot d (w0 r) x); [ring|].
  apply sum_ext. intros i Hi. rewrite H by assumption. reflexivity.
Qed.

(* |f - f_L - f_Q|(x;W) <= M_3/(6 sqrt m) sum_r |w_r.x|^3 if f(x;0) = 0 and |a_r| <= 1. *)
Theorem remainder : forall (s0 s1 s2 s3 : R -> R) (M3 : R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  (forall r, (r < m)%nat -> Rabs (a r) <= 1) ->
  network s0 m d a w0 (fun _ _ => 0) x = 0 ->
  Rabs (network s0 m d a w0 W x - f_L s1 m d a w0 W x - f_Q s2 m d a w0 W x)
    <= M3 / (6 * sqrt (INR m)) * sum m (fun r => Rabs (dot d (W r) x) ^ 3).
Proof.
  intros s0 s1 s2 s3 M3 m d a w0 W x D1 D2 D3 B A Z.
  pose proof (remainder_from_start s0 s1 s2 s3 M3 m d a w0 W x D1 D2 D3 B A) as H.
  rewrite Z, Rminus_0_r in H. exact H.
Qed.

(* The j-th derivative of t |-> f(x;tW) exists at every t, and is m^(-1/2) sum_r a_r s_j((w0_r + t w_r).x) (w_r.x)^j,
   for every j up to which the activation has derivatives s 1, s 2, ...: so those of all lower orders exist too. *)
Theorem network_curve : forall (s : nat -> R -> R) (j m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall i, (i < j)%nat -> forall z, is_derive (s i) z (s (S i) z)) ->
  forall t, is_derive_n (fun u => network (s O) m d a w0 (fun r i => u * W r i) x) j t
    (/ sqrt (INR m) * sum m (fun r => a r * s j (dot d (w0 r) x + t * dot d (W r) x) * dot d (W r) x ^ j)).
Proof.
  intros s j m d a w0 W x D t.
  apply (is_derive_n_ext (fun u => / sqrt (INR m) *
    sum m (fun r => a r * s O (dot d (w0 r) x + u * dot d (W r) x) * dot d (W r) x ^ 0))).
  { intros u. unfold network. f_equal. apply sum_ext. intros r _. rewrite dot_curve. simpl. ring. }
  apply (is_derive_n_chain (fun j u => / sqrt (INR m) *
    sum m (fun r => a r * s j (dot d (w0 r) x + u * dot d (W r) x) * dot d (W r) x ^ j))).
  intros i Hi u. apply is_derive_scal.
  apply (is_derive_sum m (fun r v => a r * s i (dot d (w0 r) x + v * dot d (W r) x) * dot d (W r) x ^ i)).
  intros r _. set (p := dot d (w0 r) x). set (q := dot d (W r) x).
  apply (is_derive_ext (fun v => (a r * q ^ i) * s i (p + v * q))); [intros; simpl; ring|].
  replace (a r * s (S i) (p + u * q) * q ^ S i) with (a r * q ^ i * (q * s (S i) (p + u * q))) by (simpl; ring).
  apply is_derive_scal.
  apply (is_derive_comp (s i)); [apply D; exact Hi|]. auto_derive; [trivial|ring].
Qed.

(* f_L(x;W) is the first derivative of t |-> f(x;tW) at t = 0. *)
Theorem linear_term : forall (s0 s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) ->
  is_derive (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 0 (f_L s1 m d a w0 W x).
Proof.
  intros s0 s1 m d a w0 W x D1.
  pose (s := fun j => match j with O => s0 | _ => s1 end).
  assert (H := network_curve s 1 m d a w0 W x). specialize (H ltac:(intros [|i] Hi; [exact D1|lia]) 0).
  refine (is_derive_n_value _ 1 _ _ _ H _).
  unfold f_L, s. f_equal. apply sum_ext. intros r _. rewrite Rmult_0_l, Rplus_0_r. ring.
Qed.

(* f_Q(x;W) is half the second derivative of t |-> f(x;tW) at t = 0. *)
Theorem quadratic_term : forall (s0 s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive_n (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 2 0 (2 * f_Q s2 m d a w0 W x).
Proof.
  intros s0 s1 s2 m d a w0 W x D1 D2.
  pose (s := fun j => match j with O => s0 | 1%nat => s1 | _ => s2 end).
  assert (H := network_curve s 2 m d a w0 W x). specialize (H ltac:(intros [|[|i]] Hi; [exact D1|exact D2|lia]) 0).
  refine (is_derive_n_value _ 2 _ _ _ H _).
  unfold f_Q, s. rewrite Rinv_mult, <- !Rmult_assoc, Rinv_r, Rmult_1_l by lra. f_equal.
  apply sum_ext. intros r _. rewrite Rmult_0_l, Rplus_0_r. reflexivity.
Qed.

(* f^(3)(x;W) is a sixth of the third derivative of t |-> f(x;tW) at t = 0. *)
Theorem cubic_term : forall (s0 s1 s2 s3 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) ->
  is_derive_n (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 3 0 (6 * term 3 s3 m d a w0 W x).
Proof.
  intros s0 s1 s2 s3 m d a w0 W x D1 D2 D3.
  pose (s := fun j => match j with O => s0 | 1%nat => s1 | 2%nat => s2 | _ => s3 end).
  assert (H := network_curve s 3 m d a w0 W x).
  specialize (H ltac:(intros [|[|[|i]]] Hi; [exact D1|exact D2|exact D3|lia]) 0).
  refine (is_derive_n_value _ 3 _ _ _ H _).
  unfold term, s. replace (INR (fact 3)) with 6 by (simpl; ring).
  rewrite (Rmult_comm _ (/ 6)), <- !Rmult_assoc, Rinv_r, Rmult_1_l by lra. f_equal.
  apply sum_ext. intros r _. rewrite Rmult_0_l, Rplus_0_r. reflexivity.
Qed.

(* The j-th derivative of t |-> f(x;tW) at t = 0 is j! f^(j)(x;W), for every j up to which the activation has
   derivatives s 1, s 2, ... *)
Theorem coefficient : forall (s : nat -> R -> R) (j m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall i, (i < j)%nat -> forall z, is_derive (s i) z (s (S i) z)) ->
  is_derive_n (fun t => network (s O) m d a w0 (fun r i => t * W r i) x) j 0
    (INR (fact j) * term j (s j) m d a w0 W x).
Proof.
  intros s j m d a w0 W x D. assert (H := network_curve s j m d a w0 W x D 0).
  refine (is_derive_n_value _ j _ _ _ H _).
  unfold term. rewrite (Rmult_comm _ (/ INR (fact j))), <- !Rmult_assoc, Rinv_r, Rmult_1_l by apply INR_fact_neq_0.
  f_equal. apply sum_ext. intros r _. rewrite Rmult_0_l, Rplus_0_r. reflexivity.
Qed.

(* f_L = f^(1). *)
Theorem linear_is_first : forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  f_L s1 m d a w0 W x = term 1 s1 m d a w0 W x.
Proof.
  intros s1 m d a w0 W x. unfold f_L, term. simpl. rewrite Rinv_1, Rmult_1_r. f_equal.
  apply sum_ext. intros. ring.
Qed.

(* f_Q = f^(2). *)
Theorem quadratic_is_second : forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  f_Q s2 m d a w0 W x = term 2 s2 m d a w0 W x.
Proof.
  intros s2 m d a w0 W x. unfold f_Q, term. replace (INR (fact 2)) with 2 by (simpl; ring).
  rewrite Rinv_mult. ring.
Qed.

(* f^(j)(x;tW) = t^j f^(j)(x;W) for every j and t. *)
Theorem homogeneity : forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (t : R),
  term j sj m d a w0 (fun r i => t * W r i) x = t ^ j * term j sj m d a w0 W x.
Proof.
  intros j sj m d a w0 W x t. unfold term. rewrite <- !(sum_scal_l m (/ sqrt (INR m) * / INR (fact j))), <- sum_scal_l.
  apply sum_ext. intros r _. rewrite dot_scal_l, Rpow_mult_distr. ring.
Qed.

(* f_L(x;cU+V) = c f_L(x;U) + f_L(x;V): f_L is linear in the movement. *)
Theorem linear_in_movement : forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 U V : nat -> nat -> R)
    (x : nat -> R) (c : R),
  f_L s1 m d a w0 (fun r i => c * U r i + V r i) x = c * f_L s1 m d a w0 U x + f_L s1 m d a w0 V x.
Proof.
  intros s1 m d a w0 U V x c. unfold f_L. rewrite <- !(sum_scal_l m (/ sqrt (INR m))), <- sum_scal_l, <- sum_plus.
  apply sum_ext. intros r _. rewrite dot_plus_l, dot_scal_l. ring.
Qed.

(* X(W,W)(x) = 2 f_Q(x;W). *)
Theorem polar_diagonal : forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  polar s2 m d a w0 W W x = 2 * f_Q s2 m d a w0 W x.
Proof.
  intros s2 m d a w0 W x. unfold polar, f_Q. rewrite Rinv_mult, <- !Rmult_assoc, Rinv_r, Rmult_1_l by lra. f_equal.
  apply sum_ext. intros. ring.
Qed.

(* f_Q(x;U+V) = f_Q(x;U) + X(U,V)(x) + f_Q(x;V): X is the polar form of f_Q. *)
Theorem polar_form : forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 U V : nat -> nat -> R) (x : nat -> R),
  f_Q s2 m d a w0 (fun r i => U r i + V r i) x
    = f_Q s2 m d a w0 U x + polar s2 m d a w0 U V x + f_Q s2 m d a w0 V x.
Proof.
  intros s2 m d a w0 U V x. unfold f_Q, polar. rewrite Rinv_mult. set (c := / sqrt (INR m)).
  rewrite <- !(sum_scal_l m (/ 2 * c)), <- (sum_scal_l m c), <- !sum_plus.
  apply sum_ext. intros r _. rewrite dot_plus_l. field.
Qed.

(* The constant 1/6 is the best: z^3/6 at u = 0, h = 1 attains the bound with M_3 = 1. *)
Theorem neuron_remainder_twin_false :
  ~ (forall (s0 s1 s2 s3 : R -> R) (M3 : R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  forall u h, Rabs (s0 (u + h) - s0 u - s1 u * h - s2 u * h ^ 2 / 2) <= M3 * Rabs h ^ 3 / 7).
Proof.
  intros H.
  specialize (H (fun z => z ^ 3 / 6) (fun z => z ^ 2 / 2) (fun z => z) (fun _ => 1) 1
    ltac:(intros; auto_derive; [trivial|field]) ltac:(intros; auto_derive; [trivial|field])
    ltac:(intros; apply (is_derive_id (K := R_AbsRing))) ltac:(intros; apply Req_le, Rabs_R1) 0 1).
  rewrite Rabs_R1 in H.
  pose proof (Rle_abs ((0 + 1) ^ 3 / 6 - 0 ^ 3 / 6 - 0 ^ 2 / 2 * 1 - 0 * 1 ^ 2 / 2)). simpl in *. lra.
Qed.

(* So it is for the network: one neuron with w0 = 0 that moves by 1. *)
Theorem remainder_twin_false :
  ~ (forall (s0 s1 s2 s3 : R -> R) (M3 : R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  (forall z, is_derive s2 z (s3 z)) -> (forall z, Rabs (s3 z) <= M3) ->
  (forall r, (r < m)%nat -> Rabs (a r) <= 1) ->
  network s0 m d a w0 (fun _ _ => 0) x = 0 ->
  Rabs (network s0 m d a w0 W x - f_L s1 m d a w0 W x - f_Q s2 m d a w0 W x)
    <= M3 / (7 * sqrt (INR m)) * sum m (fun r => Rabs (dot d (W r) x) ^ 3)).
Proof.
  intros H.
  specialize (H (fun z => z ^ 3 / 6) (fun z => z ^ 2 / 2) (fun z => z) (fun _ => 1) 1 1%nat 1%nat
    (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ => 1)
    ltac:(intros; auto_derive; [trivial|field]) ltac:(intros; auto_derive; [trivial|field])
    ltac:(intros; apply (is_derive_id (K := R_AbsRing))) ltac:(intros; apply Req_le, Rabs_R1)
    ltac:(intros; apply Req_le, Rabs_R1) ltac:(unfold network, dot; simpl; rewrite sqrt_1; field)).
  unfold network, f_L, f_Q, dot in H. simpl in H. rewrite sqrt_1 in H.
  replace (0 + 1 * 1) with 1 in H by ring. rewrite Rabs_R1 in H.
  match type of H with Rabs ?e <= _ => pose proof (Rle_abs e) end. lra.
Qed.

(* Without opposite signs the network does not start at 0: two neurons with s0 = 1. *)
Theorem initialization_twin_false :
  ~ (forall (s0 : R -> R) (h d : nat) (a : nat -> R) (w0 : nat -> nat -> R) (x : nat -> R),
  (forall r i, (r < h)%nat -> (i < d)%nat -> w0 (r + h)%nat i = w0 r i) ->
  (forall r, (r < h)%nat -> a (r + h)%nat = a r) ->
  network s0 (2 * h) d a w0 (fun _ _ => 0) x = 0).
Proof.
  intros H. specialize (H (fun _ => 1) 1%nat O (fun _ => 1) (fun _ _ => 0) (fun _ => 0)
    ltac:(reflexivity) ltac:(reflexivity)).
  rewrite network_zero in H. cbn -[INR sqrt Rinv] in H.
  assert (P : 0 < sqrt (INR 2)) by (apply sqrt_lt_R0; simpl; lra).
  apply Rinv_0_lt_compat in P. set (c := / sqrt (INR 2)) in *. lra.
Qed.

(* The derivatives change along the curve: the activation z itself at j = 0 and t = 1, one neuron, w = x = 1. *)
Theorem network_curve_twin_false :
  ~ (forall (s : nat -> R -> R) (j m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall i, (i < j)%nat -> forall z, is_derive (s i) z (s (S i) z)) ->
  forall t, is_derive_n (fun u => network (s O) m d a w0 (fun r i => u * W r i) x) j t
    (/ sqrt (INR m) * sum m (fun r => a r * s j (dot d (w0 r) x) * dot d (W r) x ^ j))).
Proof.
  intros H. specialize (H (fun _ z => z) O 1%nat 1%nat (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ => 1)
    ltac:(intros; lia) 1).
  unfold is_derive_n, network, dot in H. simpl in H. rewrite sqrt_1 in H. lra.
Qed.

(* f_Q without its 1/2 is not half the second derivative: z^2/2, one neuron, w = x = 1. *)
Theorem quadratic_term_twin_false :
  ~ (forall (s0 s1 s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall z, is_derive s0 z (s1 z)) -> (forall z, is_derive s1 z (s2 z)) ->
  is_derive_n (fun t => network s0 m d a w0 (fun r i => t * W r i) x) 2 0 (f_Q s2 m d a w0 W x)).
Proof.
  intros H. pose (s0 := fun z => z ^ 2 / 2). pose (s1 := fun z : R => z). pose (s2 := fun _ : R => 1).
  assert (D1 : forall z, is_derive s0 z (s1 z)) by (intros; unfold s0, s1; auto_derive; [trivial|field]).
  assert (D2 : forall z, is_derive s1 z (s2 z)) by (intros; apply (is_derive_id (K := R_AbsRing))).
  specialize (H s0 s1 s2 1%nat 1%nat (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ => 1) D1 D2).
  pose proof (quadratic_term s0 s1 s2 1 1 (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ => 1) D1 D2) as T.
  apply is_derive_n_unique in H. apply is_derive_n_unique in T. rewrite H in T.
  unfold f_Q, s2, dot in T. simpl in T. rewrite sqrt_1 in T. lra.
Qed.

(* The degree of f^(j) is j and not j + 1: j = 1, t = 2. *)
Theorem homogeneity_twin_false :
  ~ (forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R)
    (x : nat -> R) (t : R),
  term j sj m d a w0 (fun r i => t * W r i) x = t ^ (j + 1) * term j sj m d a w0 W x).
Proof.
  intros H. specialize (H 1%nat (fun _ => 1) 1%nat 1%nat (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ => 1) 2).
  unfold term, dot in H. simpl in H. rewrite sqrt_1 in H. lra.
Qed.
