(* Counting harmonics.

   B(d,l) = (2l+d-2)/l C(l+d-3, l-1), B(d,0) = 1, is the number of independent harmonics of degree l on the sphere
   in dimension d.  Proved here, for every degree and (where it makes sense) every real d: it is a difference of two
   binomials, it sums to n_k = C(d+k-1,k) + C(d+k-2,k-1), it is a natural number, it grows with l, and
   d^l/l! <= B(d,l) <= d^l.  That B counts harmonics is not proved here. *)
From Coq Require Import Reals Lra Lia.
Open Scope R_scope.

(* The binomial x (x-1) ... (x-k+1) / k! of a real number x. *)
Fixpoint choose (x : R) (k : nat) : R :=
  match k with
  | O => 1
  | S i => choose x i * (x - INR i) / INR (S i)
  end.

(* Pascal's triangle, of natural numbers. *)
Fixpoint pascal (n k : nat) : nat :=
  match n, k with
  | _, O => 1
  | O, S _ => 0
  | S m, S i => pascal m i + pascal m (S i)
  end.

(* The number of harmonics of degree l in dimension d. *)
Definition B (d : R) (l : nat) : R :=
  match l with
  | O => 1
  | S k => (2 * INR l + d - 2) / INR l * choose (INR l + d - 3) k
  end.

Lemma INR_S_pos : forall k : nat, 0 < INR (S k).
Proof. intro k. rewrite S_INR. pose proof (pos_INR k). lra. Qed.

Lemma choose_S : forall (x : R) (k : nat), INR (S k) * choose x (S k) = (x - INR k) * choose x k.
Proof.
  intros x k. pose proof (INR_S_pos k).
  change (choose x (S k)) with (choose x k * (x - INR k) / INR (S k)). field. lra.
Qed.

Lemma choose_absorb : forall (x : R) (k : nat), INR (S k) * choose (x + 1) (S k) = (x + 1) * choose x k.
Proof.
  intros x k. induction k as [|k IH].
  - simpl. field.
  - rewrite choose_S. pose proof (INR_S_pos k) as Hk.
    apply (Rmult_eq_reg_l (INR (S k))); [|lra].
    replace (INR (S k) * ((x + 1 - INR (S k)) * choose (x + 1) (S k)))
      with ((x + 1 - INR (S k)) * (INR (S k) * choose (x + 1) (S k))) by ring.
    rewrite IH.
    replace (INR (S k) * ((x + 1) * choose x (S k))) with ((x + 1) * (INR (S k) * choose x (S k))) by ring.
    rewrite choose_S, S_INR. ring.
Qed.

(* For natural n the binomial is n! / (k! (n-k)!). *)
Theorem choose_is_binomial : forall n k : nat, (k <= n)%nat ->
  choose (INR n) k = INR (fact n) / (INR (fact k) * INR (fact (n - k))).
Proof.
  intros n k. induction k as [|k IH]; intro H.
  - simpl. rewrite Nat.sub_0_r. pose proof (INR_fact_neq_0 n). field. assumption.
  - pose proof (pascal_step3 n k ltac:(lia)) as E. unfold C in E. rewrite E, <- IH by lia.
    change (choose (INR n) (S k)) with (choose (INR n) k * (INR n - INR k) / INR (S k)).
    rewrite minus_INR by lia. pose proof (INR_S_pos k). field. lra.
Qed.

(* Pascal's rule: C(x+1, k+1) = C(x, k) + C(x, k+1), for every real x. *)
Theorem choose_pascal : forall (x : R) (k : nat), choose (x + 1) (S k) = choose x k + choose x (S k).
Proof.
  intros x k. pose proof (INR_S_pos k) as Hk.
  apply (Rmult_eq_reg_l (INR (S k))); [|lra].
  rewrite choose_absorb, Rmult_plus_distr_l, choose_S, S_INR. ring.
Qed.

(* Pascal's triangle holds the binomials, also C(n,k) = 0 for k > n. *)
Theorem pascal_is_choose : forall n k : nat, INR (pascal n k) = choose (INR n) k.
Proof.
  induction n as [|n IH]; intros [|k]; try reflexivity.
  - simpl pascal. induction k as [|k IHk]; [simpl; field|].
    change (choose (INR 0) (S (S k))) with (choose (INR 0) (S k) * (INR 0 - INR (S k)) / INR (S (S k))).
    rewrite <- IHk. unfold Rdiv. simpl (INR 0). ring.
  - change (pascal (S n) (S k)) with (pascal n k + pascal n (S k))%nat.
    rewrite plus_INR, !IH, S_INR, choose_pascal. reflexivity.
Qed.

(* Ratio of neighbours: (l+1) (2l+d-2) B(d,l+1) = (2l+d) (l+d-2) B(d,l). *)
Theorem B_ratio : forall (d : R) (l : nat),
  (INR l + 1) * (2 * INR l + d - 2) * B d (S l) = (2 * INR l + d) * (INR l + d - 2) * B d l.
Proof.
  intros d [|l].
  - simpl. field.
  - pose proof (INR_S_pos l) as H. unfold B.
    pose proof (choose_absorb (INR (S l) + d - 3) l) as E.
    replace (INR (S l) + d - 3 + 1) with (INR (S (S l)) + d - 3) in E by (rewrite (S_INR (S l)); ring).
    rewrite (S_INR (S l)) in E |- *.
    apply (Rmult_eq_reg_l (INR (S l))); [|lra].
    transitivity ((2 * INR (S l) + d - 2) * (2 * (INR (S l) + 1) + d - 2)
      * (INR (S l) * choose (INR (S l) + 1 + d - 3) (S l))).
    { field. lra. }
    rewrite E. field. lra.
Qed.

Lemma B_as_sum : forall (d : R) (l : nat),
  B d (S l) = choose (d + INR (S l) - 3) (S l) + 2 * choose (d + INR (S l) - 3) l.
Proof.
  intros d l. unfold B. pose proof (INR_S_pos l) as H.
  replace (INR (S l) + d - 3) with (d + INR (S l) - 3) by ring.
  change (choose (d + INR (S l) - 3) (S l))
    with (choose (d + INR (S l) - 3) l * (d + INR (S l) - 3 - INR l) / INR (S l)).
  replace (INR l) with (INR (S l) - 1) by (rewrite S_INR; ring). field. lra.
Qed.

(* Degree l modulo degree l-2: B(d,l) = C(d+l-1, l) - C(d+l-3, l-2) for l >= 2. *)
Theorem B_difference : forall (d : R) (l : nat), (2 <= l)%nat ->
  B d l = choose (d + INR l - 1) l - choose (d + INR l - 3) (l - 2).
Proof.
  intros d [|[|l]] H; try lia. replace (S (S l) - 2)%nat with l by lia.
  rewrite B_as_sum. set (x := d + INR (S (S l)) - 3).
  replace (d + INR (S (S l)) - 1) with (x + 1 + 1) by (unfold x; ring).
  rewrite !choose_pascal. ring.
Qed.

(* n_k = B(d,0) + ... + B(d,k) = C(d+k-1, k) + C(d+k-2, k-1), for every real d and k >= 1 (n_0 = 1). *)
Theorem counting : forall (d : R) (k : nat), (1 <= k)%nat ->
  sum_f_R0 (B d) k = choose (d + INR k - 1) k + choose (d + INR k - 2) (k - 1).
Proof.
  intros d [|k] H; [lia|clear H]. replace (S k - 1)%nat with k by lia. induction k as [|k IH].
  - simpl. field.
  - rewrite tech5, IH, (B_difference d (S (S k))) by lia.
    replace (S (S k) - 2)%nat with k by lia. rewrite !(S_INR (S k)).
    replace (d + (INR (S k) + 1) - 3) with (d + INR (S k) - 2) by ring.
    replace (d + (INR (S k) + 1) - 2) with (d + INR (S k) - 1) by ring. ring.
Qed.

(* The same in dimension d >= 2 with the factorial binomials C(n,k) = n! / (k! (n-k)!) of Coq's library. *)
Theorem counting_binomial : forall d k : nat, (2 <= d)%nat -> (1 <= k)%nat ->
  sum_f_R0 (B (INR d)) k = Binomial.C (d + k - 1) k + Binomial.C (d + k - 2) (k - 1).
Proof.
  intros d k Hd Hk. rewrite counting by assumption. unfold Binomial.C.
  rewrite <- !choose_is_binomial by lia.
  rewrite !minus_INR, plus_INR by lia. reflexivity.
Qed.

(* B(d,l) = C(d+l-2, l) + C(d+l-3, l-1) is a natural number. *)
Theorem B_natural : forall d l : nat, (2 <= d)%nat -> (1 <= l)%nat ->
  B (INR d) l = INR (pascal (d + l - 2) l + pascal (d + l - 3) (l - 1)).
Proof.
  intros d [|l] Hd Hl; [lia|]. replace (S l - 1)%nat with l by lia.
  rewrite plus_INR, !pascal_is_choose, B_as_sum.
  replace (d + S l - 2)%nat with (S (d + S l - 3)) by lia.
  rewrite (S_INR (d + S l - 3)), choose_pascal, minus_INR, plus_INR by lia.
  replace (INR 3) with 3 by (simpl; ring). ring.
Qed.

Lemma B_step : forall (d : R) (l : nat), 2 < d ->
  B d (S l) = (2 * INR l + d) * (INR l + d - 2) / ((INR l + 1) * (2 * INR l + d - 2)) * B d l.
Proof.
  intros d l Hd. pose proof (pos_INR l). pose proof (B_ratio d l) as E.
  apply (Rmult_eq_reg_l ((INR l + 1) * (2 * INR l + d - 2))); [|nra].
  rewrite E. field. split; lra.
Qed.

Lemma B_positive : forall (d : R) (l : nat), 2 < d -> 0 < B d l.
Proof.
  intros d l Hd. induction l as [|l IH]; [simpl; lra|].
  rewrite B_step by assumption. pose proof (pos_INR l).
  apply Rmult_lt_0_compat; [|assumption]. apply Rdiv_lt_0_compat; nra.
Qed.

Lemma le_quotient : forall a b c : R, 0 < c -> a * c <= b -> a <= b / c.
Proof.
  intros a b c Hc H. apply (Rmult_le_reg_r c); [assumption|]. replace (b / c * c) with b by (field; lra). assumption.
Qed.

Lemma quotient_le : forall a b c : R, 0 < c -> b <= a * c -> b / c <= a.
Proof.
  intros a b c Hc H. apply (Rmult_le_reg_r c); [assumption|]. replace (b / c * c) with b by (field; lra). assumption.
Qed.

(* There are more harmonics of a higher degree: 0 < B(d,l) < B(d,l+1), real d > 2. *)
Theorem B_increasing : forall (d : R) (l : nat), 2 < d -> 0 < B d l < B d (S l).
Proof.
  intros d l Hd. pose proof (B_positive d l Hd) as H. split; [assumption|].
  pose proof (pos_INR l) as Hl. pose proof (B_ratio d l) as E.
  assert (Hden : 0 < (INR l + 1) * (2 * INR l + d - 2)) by nra.
  apply (Rmult_lt_reg_l _ _ _ Hden). rewrite E.
  apply Rmult_lt_compat_r; [assumption|]. nra.
Qed.

(* B(d,l) grows like d^l: d^l / l! <= B(d,l) <= d^l, real d > 2. *)
Theorem B_growth : forall (d : R) (l : nat), 2 < d -> d ^ l / INR (fact l) <= B d l <= d ^ l.
Proof.
  intros d l Hd. induction l as [|l [low high]]; [simpl; lra|].
  pose proof (pos_INR l) as Hl. pose proof (B_positive d l Hd) as HB. rewrite B_step by assumption.
  assert (Hden : 0 < (INR l + 1) * (2 * INR l + d - 2)) by nra.
  assert (Hl1 : 0 <= INR l * (2 * INR l + d - 4)).
  { destruct l; [simpl; lra|]. rewrite S_INR in *. pose proof (pos_INR l). nra. }
  split.
  - replace (d ^ S l / INR (fact (S l))) with (d / (INR l + 1) * (d ^ l / INR (fact l))).
    2: { rewrite fact_simpl, mult_INR, S_INR. pose proof (INR_fact_neq_0 l). simpl. field. split; [assumption|lra]. }
    apply Rmult_le_compat; [apply Rlt_le, Rdiv_lt_0_compat; lra| |apply le_quotient; [assumption|]|assumption].
    + apply Rlt_le, Rdiv_lt_0_compat; [apply pow_lt; lra|apply INR_fact_lt_0].
    + replace (d / (INR l + 1) * ((INR l + 1) * (2 * INR l + d - 2))) with (d * (2 * INR l + d - 2))
        by (field; lra). nra.
  - simpl pow. apply Rmult_le_compat; [apply Rlt_le, Rdiv_lt_0_compat; nra|lra| |assumption].
    apply quotient_le; [assumption|].
    assert (0 <= INR l * (2 * INR l * (d - 1) + (d * d - 3 * d + 4))) by (apply Rmult_le_pos; nra). nra.
Qed.
