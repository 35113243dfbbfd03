(* Random signs: what the terms of the network become on average when each neuron's movement gets a fair sign.

     E_S f_L(x;W.S)^2 = (1/m) sum_r s1(w0_r.x)^2 (w_r.x)^2,   f_Q(x;W.S) = f_Q(x;W),   E_S f^(3)(x;W.S) = 0,
     E_S |P(W.S)|^2 = sum_r w_r' P_rr w_r for an orthogonal projector P, and sum_r tr P_rr = its rank.

   The average is over the list of all 2^m sign vectors, which is proved complete and without duplicates. *)
From Coq Require Import Reals Lra Lia Arith List.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model.
Import ListNotations.
Open Scope R_scope.

(* The vector S with entry k replaced by c *)
Definition put (k : nat) (c : R) (S : nat -> R) (r : nat) : R := if Nat.eqb r k then c else S r.

(* All sign vectors of length m; entries from m on are 1 and play no part *)
Fixpoint signs (m : nat) : list (nat -> R) :=
  match m with
  | O => [fun _ => 1]
  | S k => map (put k 1) (signs k) ++ map (put k (-1)) (signs k)
  end.

(* E_S g(S): the mean of g over all 2^m sign vectors *)
Definition average (m : nat) (g : (nat -> R) -> R) : R := fold_right (fun S total => g S + total) 0 (signs m) / 2 ^ m.

(* (P_UU)[r,i,s,j] = sum_k U_k[r,i] U_k[s,j]: the projector on the span of orthonormal movements U_0, ..., U_(K-1) *)
Definition projector (K : nat) (U : nat -> nat -> nat -> R) (r i s j : nat) : R := sum K (fun k => U k r i * U k s j).

Lemma put_same k c S : put k c S k = c.
Proof. unfold put. rewrite Nat.eqb_refl. reflexivity. Qed.

Lemma put_other k c S r : r <> k -> put k c S r = S r.
Proof. intros H. unfold put. apply Nat.eqb_neq in H. rewrite H. reflexivity. Qed.

(* Half of the vectors have sign 1 at the last neuron, half have -1. *)
Lemma average_step k g :
  average (S k) g = (average k (fun S => g (put k 1 S)) + average k (fun S => g (put k (-1) S))) / 2.
Proof.
  unfold average. simpl signs. rewrite fold_right_app.
  assert (E : forall l c z, fold_right (fun S total => g S + total) z (map (put k c) l)
                            = fold_right (fun S total => g (put k c S) + total) 0 l + z).
  { intros l c z. induction l as [|S l IH]; simpl; [lra|]. rewrite IH. lra. }
  rewrite !E. assert (2 ^ k <> 0) by (apply pow_nonzero; lra). simpl pow. field. assumption.
Qed.

Lemma average_ext m g h : (forall S, g S = h S) -> average m g = average m h.
Proof.
  intros H. unfold average. f_equal. induction (signs m); simpl; [reflexivity|]. rewrite IHl, H. reflexivity.
Qed.

Lemma average_const m c : average m (fun _ => c) = c.
Proof. induction m; [unfold average; simpl; lra|]. rewrite average_step, !IHm. lra. Qed.

Lemma average_plus m g h : average m (fun S => g S + h S) = average m g + average m h.
Proof.
  unfold average, Rdiv. rewrite <- Rmult_plus_distr_r. f_equal. induction (signs m); simpl; [lra|]. rewrite IHl. lra.
Qed.

Lemma average_scal m c g : average m (fun S => c * g S) = c * average m g.
Proof.
  unfold average, Rdiv. rewrite <- Rmult_assoc. f_equal. induction (signs m); simpl; [lra|]. rewrite IHl. lra.
Qed.

Lemma average_sum m n (g : nat -> (nat -> R) -> R) :
  average m (fun S => sum n (fun i => g i S)) = sum n (fun i => average m (g i)).
Proof. induction n; simpl; [apply average_const|]. rewrite average_plus, IHn. reflexivity. Qed.

(* One sign is 1 or -1, each half of the time. *)
Lemma average_one m r g : (r < m)%nat -> average m (fun S => g (S r)) = (g 1 + g (-1)) / 2.
Proof.
  induction m as [|k IH]; intros H; [lia|]. rewrite average_step. unfold put.
  destruct (Nat.eqb_spec r k) as [E|E]; [rewrite !average_const; reflexivity|]. rewrite !IH by lia. lra.
Qed.

(* E S_r S_s = 1 for r = s, else 0. *)
Lemma average_two m r s : (r < m)%nat -> (s < m)%nat -> average m (fun S => S r * S s) = delta r s.
Proof.
  induction m as [|k IH]; intros Hr Hs; [lia|]. rewrite average_step. unfold put, delta in *.
  destruct (Nat.eqb_spec r k) as [Er|Er]; destruct (Nat.eqb_spec s k) as [Es|Es].
  - subst. rewrite Nat.eqb_refl, !average_const. lra.
  - rewrite !average_scal. destruct (Nat.eqb_spec r s); [lia|]. lra.
  - rewrite (average_ext k (fun S => S r * 1) (fun S => 1 * S r)),
      (average_ext k (fun S => S r * -1) (fun S => -1 * S r)) by (intros; ring).
    rewrite !average_scal. destruct (Nat.eqb_spec r s); [lia|]. lra.
  - rewrite IH by lia. lra.
Qed.

(* The average of a quadratic form in the signs is its trace. *)
Lemma average_form m (B : nat -> nat -> R) :
  average m (fun S => sum m (fun r => sum m (fun s => S r * S s * B r s))) = sum m (fun r => B r r).
Proof.
  rewrite average_sum. apply sum_ext. intros r Hr. rewrite average_sum.
  rewrite <- (sum_delta m r (B r) Hr). apply sum_ext. intros s Hs.
  rewrite (average_ext _ _ (fun S => B r s * (S r * S s))) by (intros; ring).
  rewrite average_scal, average_two, delta_sym by assumption. ring.
Qed.

(* The average of the square of a linear form in the signs. *)
Lemma average_square m (b : nat -> R) : average m (fun S => sum m (fun r => S r * b r) ^ 2) = sum m (fun r => b r ^ 2).
Proof.
  rewrite <- (sum_ext m (fun r => b r * b r)) by (intros; ring). rewrite <- (average_form m (fun r s => b r * b s)).
  apply average_ext. intros S. replace (sum m (fun r => S r * b r) ^ 2)
    with (sum m (fun r => S r * b r) * sum m (fun r => S r * b r)) by ring.
  rewrite sum_mult. apply sum_ext. intros r _. apply sum_ext. intros. ring.
Qed.

Lemma dot_signed d W S r x : dot d (signed W S r) x = S r * dot d (W r) x.
Proof. unfold signed. apply dot_scal_l. Qed.

(* One neuron's part of a term: the average of its power. *)
Lemma average_power m d (c : R) W r x k : (r < m)%nat ->
  average m (fun S => c * dot d (signed W S r) x ^ k) = c * (dot d (W r) x ^ k + (-1 * dot d (W r) x) ^ k) / 2.
Proof.
  intros Hr. rewrite (average_ext m _ (fun S => c * (S r * dot d (W r) x) ^ k))
    by (intros; rewrite dot_signed; reflexivity).
  rewrite (average_one m r (fun z => c * (z * dot d (W r) x) ^ k) Hr), Rmult_1_l. field.
Qed.

(* f_L(x; W.S) as a linear form in the signs *)
Lemma f_L_signed s1 m d a w0 W S x :
  f_L s1 m d a w0 (signed W S) x = / sqrt (INR m) * sum m (fun r => S r * (a r * s1 (dot d (w0 r) x) * dot d (W r) x)).
Proof. unfold f_L. f_equal. apply sum_ext. intros r _. rewrite dot_signed. ring. Qed.

Lemma sum_swap4 m d F :
  sum m (fun r => sum d (fun i => sum m (fun s => sum d (fun j => F r i s j))))
  = sum m (fun s => sum d (fun j => sum m (fun r => sum d (fun i => F r i s j)))).
Proof.
  rewrite (sum_ext m _ (fun r => sum m (fun s => sum d (fun i => sum d (fun j => F r i s j)))))
    by (intros; apply sum_swap).
  rewrite sum_swap. apply sum_ext. intros s _. rewrite sum_swap. rewrite sum_swap.
  rewrite (sum_ext m _ (fun r => sum d (fun j => sum d (fun i => F r i s j)))) by (intros; apply sum_swap).
  apply sum_swap.
Qed.

Lemma inner_ext m d U V W :
  (forall r i, (r < m)%nat -> (i < d)%nat -> V r i = W r i) -> inner m d U V = inner m d U W.
Proof. intros H. apply sum_ext. intros r Hr. apply sum_ext. intros i Hi. rewrite H by assumption. reflexivity. Qed.

Lemma inner_sym m d U V : inner m d U V = inner m d V U.
Proof. apply sum_ext. intros. apply dot_sym. Qed.

(* <U, sum_k c_k V_k> = sum_k c_k <U, V_k> *)
Lemma inner_combination K m d U (V : nat -> nat -> nat -> R) (c : nat -> R) :
  inner m d U (fun r i => sum K (fun k => V k r i * c k)) = sum K (fun k => c k * inner m d U (V k)).
Proof.
  rewrite (sum_ext K _ (fun k => sum m (fun r => c k * dot d (U r) (V k r))))
    by (intros; rewrite sum_scal_l; reflexivity).
  rewrite sum_swap. apply sum_ext. intros r _.
  rewrite (sum_ext K _ (fun k => sum d (fun i => c k * (U r i * V k r i))))
    by (intros; rewrite sum_scal_l; reflexivity).
  rewrite sum_swap. apply sum_ext. intros i _. rewrite <- sum_scal_l. apply sum_ext. intros. ring.
Qed.

(* <U, P V> as a fourfold sum *)
Lemma inner_apply m d P U V :
  inner m d U (apply m d P V)
  = sum m (fun r => sum d (fun i => sum m (fun s => sum d (fun j => U r i * P r i s j * V s j)))).
Proof.
  apply sum_ext. intros r _. apply sum_ext. intros i _. unfold apply. rewrite <- sum_scal_l.
  apply sum_ext. intros s _. rewrite <- sum_scal_l. apply sum_ext. intros. ring.
Qed.

Lemma inner_symmetric m d P U V :
  (forall r i s j, (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat -> P r i s j = P s j r i) ->
  inner m d U (apply m d P V) = inner m d (apply m d P U) V.
Proof.
  intros H. rewrite (inner_sym m d (apply m d P U)), !inner_apply, sum_swap4.
  apply sum_ext. intros s Hs. apply sum_ext. intros j Hj. apply sum_ext. intros r Hr. apply sum_ext. intros i Hi.
  rewrite (H r i s j) by assumption. ring.
Qed.

Lemma apply_projector K m d U W r i :
  apply m d (projector K U) W r i = sum K (fun k => U k r i * inner m d (U k) W).
Proof.
  unfold apply, projector.
  rewrite (sum_ext m _ (fun s => sum K (fun k => sum d (fun j => U k r i * U k s j * W s j)))).
  2: { intros s _. rewrite sum_swap. apply sum_ext. intros j _. apply eq_sym, sum_scal_r. }
  rewrite sum_swap. apply sum_ext. intros k _. unfold inner. rewrite <- sum_scal_l. apply sum_ext. intros s _.
  unfold dot. rewrite <- sum_scal_l. apply sum_ext. intros. ring.
Qed.

(* The span is where P does nothing: <U_k, P V> = <U_k, V>. *)
Lemma inner_projector K m d U V k :
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) -> (k < K)%nat ->
  inner m d (U k) (apply m d (projector K U) V) = inner m d (U k) V.
Proof.
  intros H Hk.
  rewrite (inner_ext m d _ (apply m d (projector K U) V) (fun r i => sum K (fun l => U l r i * inner m d (U l) V)))
    by (intros; apply apply_projector).
  rewrite inner_combination, (sum_ext K _ (fun l => inner m d (U l) V * delta l k)).
  - apply sum_delta_r. exact Hk.
  - intros l Hl. rewrite H, delta_sym by assumption. reflexivity.
Qed.

(* |P W|^2 = sum_k <U_k, W>^2 *)
Lemma norm_projector K m d U W :
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  R_3 m d (projector K U) W = sum K (fun k => inner m d (U k) W ^ 2).
Proof.
  intros H. unfold R_3. rewrite (inner_ext m d _ _ (fun r i => sum K (fun k => U k r i * inner m d (U k) W)))
    by (intros; apply apply_projector).
  rewrite inner_combination. apply sum_ext. intros k Hk.
  rewrite (inner_sym m d (apply m d (projector K U) W)), inner_projector by assumption. ring.
Qed.

(* The list has 2^m members. *)
Theorem count : forall m : nat, length (signs m) = (2 ^ m)%nat.
Proof.
  induction m as [|k IH]; [reflexivity|]. simpl. rewrite app_length, !map_length, IH. lia.
Qed.

(* Each member of the list is a sign vector. *)
Theorem sound : forall (m : nat) (S : nat -> R) (r : nat), In S (signs m) -> (r < m)%nat -> S r = 1 \/ S r = -1.
Proof.
  induction m as [|k IH]; intros S r H Hr; [lia|]. simpl in H. apply in_app_or in H.
  destruct (Nat.eq_dec r k) as [->|E];
    destruct H as [H|H]; apply in_map_iff in H; destruct H as [T [<- H]];
    [left; apply put_same|right; apply put_same|..];
    rewrite put_other by assumption; apply IH; [exact H|lia|exact H|lia].
Qed.

(* Every sign vector is in the list. *)
Theorem complete : forall (m : nat) (T : nat -> R), (forall r, (r < m)%nat -> T r = 1 \/ T r = -1) ->
  exists S, In S (signs m) /\ forall r, (r < m)%nat -> S r = T r.
Proof.
  induction m as [|k IH]; intros T H; [exists (fun _ => 1); split; [left; reflexivity|lia]|].
  destruct (IH T) as [S [I E]]; [intros; apply H; lia|].
  exists (put k (T k) S). split.
  - simpl. apply in_or_app. destruct (H k) as [-> | ->]; [lia|left|right]; apply in_map; exact I.
  - intros r Hr. destruct (Nat.eq_dec r k) as [->|N]; [apply put_same|].
    rewrite put_other by exact N. apply E. lia.
Qed.

(* No sign vector is in the list twice: members at different places differ at some r < m. *)
Theorem distinct : forall (m i j : nat), (i < 2 ^ m)%nat -> (j < 2 ^ m)%nat -> i <> j ->
  exists r, (r < m)%nat /\ nth i (signs m) (fun _ => 0) r <> nth j (signs m) (fun _ => 0) r.
Proof.
  induction m as [|k IH]; intros i j Hi Hj N; [simpl in *; lia|].
  assert (L : forall c l, (l < 2 ^ k)%nat ->
    nth l (map (put k c) (signs k)) (fun _ => 0) = put k c (nth l (signs k) (fun _ => 0))).
  { intros c l Hl. rewrite (nth_indep _ _ (put k c (fun _ => 0))) by (rewrite map_length, count; exact Hl).
    apply map_nth. }
  assert (E : forall l, (l < 2 ^ S k)%nat -> exists c p, (p < 2 ^ k)%nat /\
    nth l (signs (S k)) (fun _ => 0) = put k c (nth p (signs k) (fun _ => 0)) /\
    ((c = 1 /\ l = p) \/ (c = -1 /\ l = (2 ^ k + p)%nat))).
  { intros l Hl. simpl signs. destruct (Nat.lt_ge_cases l (2 ^ k)) as [C|C].
    - exists 1, l. rewrite app_nth1, L by (try rewrite map_length, count; exact C). auto.
    - exists (-1), (l - 2 ^ k)%nat. rewrite app_nth2; rewrite map_length, count; [|exact C].
      simpl in Hl. rewrite L by lia. repeat split; try lia. right. split; [reflexivity|lia]. }
  destruct (E i Hi) as [c [p [Hp [-> Cp]]]]. destruct (E j Hj) as [e [q [Hq [-> Cq]]]].
  destruct (Nat.eq_dec p q) as [->|D].
  - exists k. split; [lia|]. rewrite !put_same. destruct Cp as [[-> ?]|[-> ?]], Cq as [[-> ?]|[-> ?]]; try lra; lia.
  - destruct (IH p q Hp Hq D) as [r [Hr Dr]]. exists r. split; [lia|]. rewrite !put_other by lia. exact Dr.
Qed.

(* E_S f_L(x;W.S)^2 = (1/m) sum_r s1(w0_r.x)^2 (w_r.x)^2 for a_r = 1 or -1. *)
Theorem linear : forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) ->
  average m (fun S => f_L s1 m d a w0 (signed W S) x ^ 2)
    = / INR m * sum m (fun r => s1 (dot d (w0 r) x) ^ 2 * dot d (W r) x ^ 2).
Proof.
  intros s1 m d a w0 W x A. pose (b := fun r => a r * s1 (dot d (w0 r) x) * dot d (W r) x).
  rewrite (average_ext m _ (fun S => / INR m * sum m (fun r => S r * b r) ^ 2)).
  - rewrite average_scal, average_square. f_equal. apply sum_ext. intros r Hr. unfold b.
    rewrite !Rpow_mult_distr, <- (pow2_abs (a r)), A by exact Hr. ring.
  - intros S. rewrite f_L_signed, Rpow_mult_distr. f_equal.
    simpl. rewrite Rmult_1_r, <- Rinv_mult, sqrt_sqrt by apply pos_INR. reflexivity.
Qed.

(* E_S f_L(x;W.S) = 0. *)
Theorem linear_mean : forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => f_L s1 m d a w0 (signed W S) x) = 0.
Proof.
  intros s1 m d a w0 W x. unfold f_L. rewrite average_scal, average_sum, sum_eq0; [ring|]. intros r Hr.
  rewrite (average_ext m _ (fun S => a r * s1 (dot d (w0 r) x) * dot d (signed W S r) x ^ 1)) by (intros; ring).
  rewrite average_power by exact Hr. field.
Qed.

(* f_Q(x;W.S) = f_Q(x;W) for every sign vector S. *)
Theorem quadratic : forall (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x S : nat -> R),
  (forall r, (r < m)%nat -> S r = 1 \/ S r = -1) ->
  f_Q s2 m d a w0 (signed W S) x = f_Q s2 m d a w0 W x.
Proof.
  intros s2 m d a w0 W x S H. unfold f_Q. f_equal. apply sum_ext. intros r Hr. rewrite dot_signed.
  destruct (H r Hr) as [-> | ->]; ring.
Qed.

(* E_S f^(3)(x;W.S) = 0. *)
Theorem cubic : forall (s3 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => term 3 s3 m d a w0 (signed W S) x) = 0.
Proof.
  intros s3 m d a w0 W x. unfold term. rewrite average_scal, average_sum, sum_eq0; [ring|]. intros r Hr.
  rewrite average_power by exact Hr. field.
Qed.

(* E_S f^(j)(x;W.S) = 0 for every odd j. *)
Theorem odd_terms : forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => term (2 * j + 1) sj m d a w0 (signed W S) x) = 0.
Proof.
  intros j sj m d a w0 W x. unfold term. rewrite average_scal, average_sum, sum_eq0; [ring|]. intros r Hr.
  rewrite average_power by exact Hr. replace (2 * j + 1)%nat with (S (2 * j)) by lia.
  rewrite Rpow_mult_distr, pow_1_odd. field.
Qed.

(* f^(j)(x;W.S) = f^(j)(x;W) for every even j and every sign vector S. *)
Theorem even_terms : forall (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R)
    (w0 W : nat -> nat -> R) (x S : nat -> R),
  (forall r, (r < m)%nat -> S r = 1 \/ S r = -1) ->
  term (2 * j) sj m d a w0 (signed W S) x = term (2 * j) sj m d a w0 W x.
Proof.
  intros j sj m d a w0 W x S H. unfold term. f_equal. apply sum_ext. intros r Hr.
  rewrite dot_signed, Rpow_mult_distr. destruct (H r Hr) as [-> | ->]; [rewrite pow1|rewrite pow_1_even]; ring.
Qed.

(* E_S (1/n) sum_p f_L(x_p;W.S)^2 = (1/(mn)) sum_p sum_r s1(w0_r.x_p)^2 (w_r.x_p)^2: the same on a sample. *)
Theorem linear_sample : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 W X : nat -> nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) ->
  average m (fun S => / INR n * sum n (fun p => f_L s1 m d a w0 (signed W S) (X p) ^ 2))
    = / (INR m * INR n) * sum n (fun p =>
      sum m (fun r => s1 (dot d (w0 r) (X p)) ^ 2 * dot d (W r) (X p) ^ 2)).
Proof.
  intros s1 n m d a w0 W X A. rewrite average_scal, average_sum, Rinv_mult.
  rewrite (Rmult_comm (/ INR m)), Rmult_assoc, <- (sum_scal_l n (/ INR m)). f_equal. apply sum_ext.
  intros p _. apply linear. exact A.
Qed.

(* E_S (1/n) sum_p f_L(x_p;W.S)^2 <= M_1^2 kappa m^(-1/2) (sum_r |w_r|^4)^(1/2) where kappa bounds X'X/n. *)
Theorem linear_sample_bound : forall (s1 : R -> R) (M1 kappa : R) (n m d : nat) (a : nat -> R)
    (w0 W X : nat -> nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) -> (forall z, Rabs (s1 z) <= M1) ->
  (forall v, / INR n * sum n (fun p => dot d v (X p) ^ 2) <= kappa * dot d v v) ->
  average m (fun S => / INR n * sum n (fun p => f_L s1 m d a w0 (signed W S) (X p) ^ 2))
    <= M1 ^ 2 * kappa * / sqrt (INR m) * sqrt (sum m (fun r => dot d (W r) (W r) ^ 2)).
Proof.
  intros s1 M1 kappa n m d a w0 W X A B Kappa. rewrite linear_sample by exact A. rewrite Rinv_mult.
  assert (I : forall k, 0 <= / INR k).
  { intros [|k]; [simpl; rewrite Rinv_0; lra|]. left. apply Rinv_0_lt_compat, lt_0_INR. lia. }
  rewrite sum_swap. set (N := sum m (fun r => dot d (W r) (W r))).
  apply Rle_trans with (/ INR m * (M1 ^ 2 * (kappa * N))).
  - rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply I|].
    unfold N. rewrite <- !sum_scal_l. apply sum_le. intros r _.
    apply Rle_trans with (M1 ^ 2 * (/ INR n * sum n (fun p => dot d (W r) (X p) ^ 2))).
    + rewrite <- Rmult_assoc, (Rmult_comm (M1 ^ 2)), Rmult_assoc. apply Rmult_le_compat_l; [apply I|].
      rewrite <- sum_scal_l. apply sum_le. intros p _. apply Rmult_le_compat_r; [apply pow2_ge_0|].
      rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos|apply B].
    + apply Rmult_le_compat_l; [apply pow2_ge_0|apply Kappa].
  - assert (P : kappa * N <= kappa * (sqrt (INR m) * sqrt (sum m (fun r => dot d (W r) (W r) ^ 2)))).
    { destruct (Rle_lt_dec 0 kappa) as [Kp|Kn].
      - apply Rmult_le_compat_l; [exact Kp|].
        pose proof (cauchy_schwarz m (fun _ => 1) (fun r => dot d (W r) (W r))) as C. unfold dot at 1 3 in C.
        rewrite (sum_ext m (fun _ => 1 * 1) (fun _ => 1)), sum_const, Rmult_1_r in C by (intros; ring).
        unfold dot at 2 in C. rewrite (sum_ext m (fun i => 1 * _) (fun r => dot d (W r) (W r))) in C by (intros; ring).
        rewrite (sum_ext m _ (fun r => dot d (W r) (W r) * dot d (W r) (W r))) by (intros; ring).
        eapply Rle_trans; [apply Rle_abs|exact C].
      - assert (Z : forall r, (r < m)%nat -> dot d (W r) (W r) = 0).
        { intros r _. pose proof (dot_nonneg d (W r)). specialize (Kappa (W r)).
          assert (0 <= / INR n * sum n (fun p => dot d (W r) (X p) ^ 2))
            by (apply Rmult_le_pos; [apply I|apply sum_nonneg; intros; apply pow2_ge_0]). nra. }
        unfold N. rewrite (sum_eq0 m), (sum_eq0 m (fun r => _ ^ 2)), sqrt_0; [lra|..];
          intros r Hr; rewrite Z by exact Hr; ring. }
    set (F := sqrt (sum m (fun r => dot d (W r) (W r) ^ 2))) in *.
    apply Rle_trans with (/ INR m * (M1 ^ 2 * (kappa * (sqrt (INR m) * F)))).
    + apply Rmult_le_compat_l; [apply I|]. apply Rmult_le_compat_l; [apply pow2_ge_0|exact P].
    + apply Req_le. destruct m as [|m]; [simpl; rewrite sqrt_0, Rinv_0; ring|].
      set (q := sqrt (INR (S m))).
      replace (/ INR (S m)) with (/ (q * q)) by (unfold q; rewrite sqrt_sqrt by apply pos_INR; reflexivity).
      field. apply Rgt_not_eq, sqrt_lt_R0, lt_0_INR. lia.
Qed.

(* E_S |P(W.S)|_F^2 = sum_r w_r' P_rr w_r for P symmetric and idempotent, P_rr its d x d blocks on the diagonal. *)
Theorem projection : forall (m d : nat) (P : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R),
  (forall r i s j, (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat -> P r i s j = P s j r i) ->
  (forall V r i, (r < m)%nat -> (i < d)%nat -> apply m d P (apply m d P V) r i = apply m d P V r i) ->
  average m (fun S => R_3 m d P (signed W S))
    = sum m (fun r => sum d (fun i => sum d (fun j => W r i * P r i r j * W r j))).
Proof.
  intros m d P W Sym Idem.
  rewrite <- (average_form m (fun r s => sum d (fun i => sum d (fun j => W r i * P r i s j * W s j)))).
  apply average_ext. intros S. unfold R_3.
  rewrite <- inner_symmetric by exact Sym. rewrite (inner_ext m d _ _ (apply m d P (signed W S))) by apply Idem.
  rewrite inner_apply. apply sum_ext. intros r _. rewrite sum_swap. apply sum_ext. intros s _.
  rewrite <- sum_scal_l. apply sum_ext. intros i _. rewrite <- sum_scal_l. apply sum_ext. intros j _.
  unfold signed. ring.
Qed.

(* The projector on the span of orthonormal movements U_0, ..., U_(K-1) is such a P. *)
Theorem projector_is_one : forall (K m d : nat) (U : nat -> nat -> nat -> R) (V : nat -> nat -> R) (r i s j : nat),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  projector K U r i s j = projector K U s j r i
  /\ apply m d (projector K U) (apply m d (projector K U) V) r i = apply m d (projector K U) V r i.
Proof.
  intros K m d U V r i s j H. split; [apply sum_ext; intros; ring|].
  rewrite !apply_projector. apply sum_ext. intros k Hk. rewrite inner_projector by assumption. reflexivity.
Qed.

(* sum_r tr P_rr = K, the number of orthonormal movements on whose span P projects. *)
Theorem projector_trace : forall (K m d : nat) (U : nat -> nat -> nat -> R),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  sum m (fun r => sum d (fun i => projector K U r i r i)) = INR K.
Proof.
  intros K m d U H. rewrite (sum_ext m _ (fun r => sum K (fun k => dot d (U k r) (U k r)))) by (intros; apply sum_swap).
  rewrite sum_swap, (sum_ext K _ (fun _ => 1)), sum_const; [ring|].
  intros k Hk. fold (inner m d (U k) (U k)). rewrite H by assumption. apply delta_same.
Qed.

(* E_S |P(W.S)|_F^2 <= K max_r |w_r|^2: at |w_r| = B m^(-1/4) random signs leave K B^2 m^(-1/2) in the span. *)
Theorem projection_bound : forall (K m d : nat) (U : nat -> nat -> nat -> R) (W : nat -> nat -> R) (b : R),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  (forall r, (r < m)%nat -> dot d (W r) (W r) <= b) ->
  average m (fun S => R_3 m d (projector K U) (signed W S)) <= INR K * b.
Proof.
  intros K m d U W b H B.
  rewrite (average_ext m _ (fun S => sum K (fun k => sum m (fun r => S r * dot d (W r) (U k r)) ^ 2))).
  - rewrite average_sum, <- sum_const. apply sum_le. intros k Hk. rewrite average_square.
    apply Rle_trans with (sum m (fun r => dot d (U k r) (U k r) * b)).
    + apply sum_le. intros r Hr. pose proof (cauchy_schwarz_sq d (W r) (U k r)) as C. pose proof (dot_nonneg d (U k r)).
      pose proof (B r Hr). eapply Rle_trans; [exact C|]. rewrite Rmult_comm. apply Rmult_le_compat_l; assumption.
    + rewrite sum_scal_r. fold (inner m d (U k) (U k)). rewrite H, delta_same by assumption. lra.
  - intros S. rewrite norm_projector by exact H. apply sum_ext. intros k _. f_equal. apply sum_ext. intros r _.
    rewrite dot_sym. apply dot_signed.
Qed.

(* The factor of the energy is 1/m and not 2/m: one neuron with w = x = 1. *)
Theorem linear_twin_false :
  ~ (forall (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  (forall r, (r < m)%nat -> Rabs (a r) = 1) ->
  average m (fun S => f_L s1 m d a w0 (signed W S) x ^ 2)
    = 2 / INR m * sum m (fun r => s1 (dot d (w0 r) x) ^ 2 * dot d (W r) x ^ 2)).
Proof.
  intros H. specialize (H (fun _ => 1) 1%nat 1%nat (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ => 1)
    ltac:(intros; apply Rabs_R1)).
  rewrite linear in H by (intros; apply Rabs_R1). unfold dot in H. simpl in H. lra.
Qed.

(* The second term does not average out: one neuron with w = x = 1. *)
Theorem cubic_twin_false :
  ~ (forall (s3 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R),
  average m (fun S => term 2 s3 m d a w0 (signed W S) x) = 0).
Proof.
  intros H. specialize (H (fun _ => 1) 1%nat 1%nat (fun _ => 1) (fun _ _ => 0) (fun _ _ => 1) (fun _ => 1)).
  unfold average, term, signed, dot in H. simpl in H. rewrite sqrt_1 in H.
  rewrite !put_same in H. replace (1 + 1) with 2 in H by ring. field_simplify in H. lra.
Qed.

(* What random signs leave in the span grows with its dimension: two orthonormal movements, W their sum. *)
Theorem projection_bound_twin_false :
  ~ (forall (K m d : nat) (U : nat -> nat -> nat -> R) (W : nat -> nat -> R) (b : R),
  (forall k l, (k < K)%nat -> (l < K)%nat -> inner m d (U k) (U l) = delta k l) ->
  (forall r, (r < m)%nat -> dot d (W r) (W r) <= b) ->
  average m (fun S => R_3 m d (projector K U) (signed W S)) <= b).
Proof.
  intros H. specialize (H 2%nat 2%nat 1%nat (fun k r _ => delta k r) (fun _ _ => 1) 1).
  assert (A : 2 <= 1); [|lra]. eapply Rle_trans; [|apply H].
  - unfold average, R_3, inner, dot, NTK.Model.apply, projector, signed. simpl.
    unfold put, delta. simpl. apply Req_le. field.
  - intros k l Hk Hl. destruct k as [|[|k]], l as [|[|l]]; try lia; unfold inner, dot, delta; simpl; lra.
  - intros r _. unfold dot. simpl. lra.
Qed.
