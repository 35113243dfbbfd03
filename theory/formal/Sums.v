(* Finite sums of reals: sum n f = f 0 + ... + f (n-1).

   Vectors are functions nat -> R read below their dimension, matrices and tensors likewise.  Everything here is
   elementary; the other files use it and nothing of it is a claim of its own. *)
From Coq Require Import Reals Lra Lia Arith Psatz.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S k => sum k f + f k
  end.

Definition dot (d : nat) (u v : nat -> R) : R := sum d (fun i => u i * v i).

(* 1 on the diagonal, 0 off it. *)
Definition delta (i j : nat) : R := if Nat.eqb i j then 1 else 0.

Lemma sum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof.
  induction n as [|n IH]; simpl; intros H; [reflexivity|].
  rewrite IH, H by (intros; try apply H; lia). reflexivity.
Qed.

Lemma sum_zero n : sum n (fun _ => 0) = 0.
Proof. induction n; simpl; lra. Qed.

Lemma sum_eq0 n f : (forall i, (i < n)%nat -> f i = 0) -> sum n f = 0.
Proof. intros H. rewrite (sum_ext n f (fun _ => 0)) by assumption. apply sum_zero. Qed.

Lemma sum_const n c : sum n (fun _ => c) = INR n * c.
Proof. induction n; [simpl; lra|]. rewrite S_INR. simpl sum. rewrite IHn. lra. Qed.

Lemma sum_plus n f g : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n; simpl; lra. Qed.

Lemma sum_minus n f g : sum n (fun i => f i - g i) = sum n f - sum n g.
Proof. induction n; simpl; lra. Qed.

Lemma sum_opp n f : sum n (fun i => - f i) = - sum n f.
Proof. induction n; simpl; lra. Qed.

Lemma sum_scal_l n c f : sum n (fun i => c * f i) = c * sum n f.
Proof. induction n; simpl; [lra|]. rewrite IHn. lra. Qed.

Lemma sum_scal_r n c f : sum n (fun i => f i * c) = sum n f * c.
Proof. induction n; simpl; [lra|]. rewrite IHn. lra. Qed.

Lemma sum_swap n k f : sum n (fun i => sum k (fun j => f i j)) = sum k (fun j => sum n (fun i => f i j)).
Proof.
  induction n; simpl; [rewrite sum_zero; reflexivity|].
  rewrite IHn, <- sum_plus. reflexivity.
Qed.

Lemma sum_mult n k f g : sum n f * sum k g = sum n (fun i => sum k (fun j => f i * g j)).
Proof.
  rewrite <- sum_scal_r. apply sum_ext. intros i _. rewrite sum_scal_l. reflexivity.
Qed.

Lemma sum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof.
  induction n; simpl; intros H; [lra|].
  assert (0 <= sum n f) by (apply IHn; intros; apply H; lia).
  assert (0 <= f n) by (apply H; lia). lra.
Qed.

Lemma sum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof.
  intros H. assert (0 <= sum n (fun i => g i - f i)).
  { apply sum_nonneg. intros i Hi. specialize (H i Hi). lra. }
  rewrite sum_minus in H0. lra.
Qed.

Lemma sum_abs n f : Rabs (sum n f) <= sum n (fun i => Rabs (f i)).
Proof.
  induction n; simpl; [rewrite Rabs_R0; lra|].
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

(* A term of a sum of nonnegative terms is at most the sum. *)
Lemma sum_term_le n f i : (forall j, (j < n)%nat -> 0 <= f j) -> (i < n)%nat -> f i <= sum n f.
Proof.
  induction n; simpl; intros H Hi; [lia|].
  assert (0 <= f n) by (apply H; lia).
  destruct (Nat.eq_dec i n) as [->|Hne].
  - assert (0 <= sum n f) by (apply sum_nonneg; intros; apply H; lia). lra.
  - assert (f i <= sum n f) by (apply IHn; [intros; apply H; lia|lia]). lra.
Qed.

(* A sum of nonnegative terms vanishes only with all of them. *)
Lemma sum_nonneg_eq0 n f :
  (forall i, (i < n)%nat -> 0 <= f i) -> sum n f = 0 -> forall i, (i < n)%nat -> f i = 0.
Proof.
  intros H H0 i Hi. assert (f i <= sum n f) by (apply sum_term_le; assumption).
  specialize (H i Hi). lra.
Qed.

Lemma sum_split n k f : sum (n + k) f = sum n f + sum k (fun i => f (n + i)%nat).
Proof.
  induction k; simpl; [rewrite Nat.add_0_r; lra|].
  rewrite Nat.add_succ_r. simpl. rewrite IHk. lra.
Qed.

Lemma sum_first n f : sum (S n) f = f O + sum n (fun i => f (S i)).
Proof. induction n; simpl in *; lra. Qed.

Lemma delta_same i : delta i i = 1.
Proof. unfold delta. rewrite Nat.eqb_refl. reflexivity. Qed.

Lemma delta_other i j : i <> j -> delta i j = 0.
Proof. intros H. unfold delta. apply Nat.eqb_neq in H. rewrite H. reflexivity. Qed.

Lemma delta_sym i j : delta i j = delta j i.
Proof. unfold delta. rewrite Nat.eqb_sym. reflexivity. Qed.

(* A sum against delta keeps one term. *)
Lemma sum_delta n k f : (k < n)%nat -> sum n (fun i => delta i k * f i) = f k.
Proof.
  induction n; intros Hk; [lia|]. simpl.
  destruct (Nat.eq_dec k n) as [->|Hne].
  - rewrite delta_same, sum_eq0; [lra|].
    intros i Hi. rewrite delta_other by lia. lra.
  - rewrite IHn by lia. rewrite (delta_other n k) by lia. lra.
Qed.

Lemma sum_delta_r n k f : (k < n)%nat -> sum n (fun i => f i * delta i k) = f k.
Proof.
  intros Hk. rewrite <- (sum_delta n k f Hk). apply sum_ext. intros. ring.
Qed.

Lemma dot_sym d u v : dot d u v = dot d v u.
Proof. apply sum_ext. intros. ring. Qed.

Lemma dot_plus_l d u v x : dot d (fun i => u i + v i) x = dot d u x + dot d v x.
Proof. unfold dot. rewrite <- sum_plus. apply sum_ext. intros. ring. Qed.

Lemma dot_scal_l d c u x : dot d (fun i => c * u i) x = c * dot d u x.
Proof. unfold dot. rewrite <- sum_scal_l. apply sum_ext. intros. ring. Qed.

Lemma dot_opp_l d u x : dot d (fun i => - u i) x = - dot d u x.
Proof. unfold dot. rewrite <- sum_opp. apply sum_ext. intros. ring. Qed.

Lemma dot_nonneg d u : 0 <= dot d u u.
Proof. apply sum_nonneg. intros. apply Rle_0_sqr. Qed.

(* Cauchy-Schwarz. *)
Lemma cauchy_schwarz_sq d u v : (dot d u v) ^ 2 <= dot d u u * dot d v v.
Proof.
  pose proof (dot_nonneg d u) as Hu. pose proof (dot_nonneg d v) as Hv.
  assert (H : 0 <= dot d (fun i => dot d v v * u i - dot d u v * v i)
                        (fun i => dot d v v * u i - dot d u v * v i)) by apply dot_nonneg.
  assert (E : dot d (fun i => dot d v v * u i - dot d u v * v i)
                    (fun i => dot d v v * u i - dot d u v * v i)
              = dot d v v * (dot d u u * dot d v v - (dot d u v) ^ 2)).
  { set (p := dot d v v). set (q := dot d u v).
    unfold dot at 1. rewrite (sum_ext _ _ (fun i =>
      (p ^ 2 * (u i * u i) - 2 * p * q * (u i * v i)) + q ^ 2 * (v i * v i))) by (intros; ring).
    rewrite sum_plus, sum_minus, !sum_scal_l. fold (dot d u u) (dot d u v) (dot d v v). fold p q. ring. }
  rewrite E in H. destruct (Req_dec (dot d v v) 0) as [Z|Z].
  - assert (dot d u v = 0).
    { apply sum_eq0. intros i Hi.
      assert (v i * v i = 0) by (apply (sum_nonneg_eq0 d (fun i => v i * v i)); trivial; intros; apply Rle_0_sqr).
      assert (v i = 0) by nra. rewrite H1. ring. }
    rewrite H0, Z. lra.
  - assert (0 < dot d v v) by lra.
    assert (0 <= dot d u u * dot d v v - (dot d u v) ^ 2); [|lra].
    apply Rmult_le_reg_l with (dot d v v); [assumption|]. lra.
Qed.

Lemma cauchy_schwarz d u v : Rabs (dot d u v) <= sqrt (dot d u u) * sqrt (dot d v v).
Proof.
  rewrite <- sqrt_mult by apply dot_nonneg. rewrite <- sqrt_Rsqr_abs. apply sqrt_le_1_alt.
  unfold Rsqr. pose proof (cauchy_schwarz_sq d u v). lra.
Qed.

(* The derivative of a sum is the sum of the derivatives. *)
Lemma is_derive_sum n (f : nat -> R -> R) (g : nat -> R) t :
  (forall i, (i < n)%nat -> is_derive (f i) t (g i)) ->
  is_derive (fun s => sum n (fun i => f i s)) t (sum n g).
Proof.
  induction n; simpl; intros H; [exact (is_derive_const (V := R_NormedModule) 0 t)|].
  apply (is_derive_plus (K := R_AbsRing) (V := R_NormedModule)); [apply IHn; intros; apply H; lia|apply H; lia].
Qed.

Lemma continuous_sum n (f : nat -> R -> R) t :
  (forall i, (i < n)%nat -> continuous (f i) t) -> continuous (fun s => sum n (fun i => f i s)) t.
Proof.
  induction n; simpl; intros H; [apply continuous_const|].
  apply (continuous_plus (V := R_NormedModule)); [apply IHn; intros; apply H; lia|apply H; lia].
Qed.
