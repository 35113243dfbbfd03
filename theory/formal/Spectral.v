(* Good directions: the projectors on and beside the top K eigenvectors of the feature covariance.

     P_low = sum_{k < K} u_k u_k^T,   P_high = I - P_low,   Sigma u_k = lambda_k u_k,   lambda_0 >= lambda_1 >= ...

   P_low and P_high are complementary orthogonal projectors that commute with Sigma, P_low has trace K, and
     <V, Sigma V> <= lambda_K |V|^2 on ran P_high,   <V, Sigma V> >= lambda_(K-1) |V|^2 on ran P_low:
   with K = n_k, and E f_L(x;V)^2 = <V, Sigma V>, little of f_L is left beside the good directions:
     E f_L(x; P_high W)^2 <= lambda_(n_k) |P_high W|^2,
   where lambda_(n_k), counted from 0, is the first eigenvalue beyond the top n_k.

   Every m and d, every operator with an orthonormal basis of m d eigenvectors (every symmetric one has one: that
   classical theorem is not proved here); that the basis is complete, and Sigma symmetric, is proved. *)
From Coq Require Import Reals Lra Lia Arith Psatz.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model Regularizer.
Open Scope R_scope.

(* <u_k, u_l> = delta_kl for the m d vectors u_k *)
Definition orthonormal (m d : nat) (u : nat -> nat -> nat -> R) : Prop :=
  forall k l, (k < m * d)%nat -> (l < m * d)%nat -> inner m d (u k) (u l) = delta k l.

(* Sigma u_k = lambda_k u_k for an orthonormal basis u *)
Definition eigenbasis (m d : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) : Prop :=
  orthonormal m d u /\
  forall k r i, (k < m * d)%nat -> (r < m)%nat -> (i < d)%nat ->
    apply m d Sigma (u k) r i = lambda k * u k r i.

(* lambda_0 >= lambda_1 >= ... >= lambda_(N-1) *)
Definition nonincreasing (N : nat) (lambda : nat -> R) : Prop :=
  forall k l, (k <= l)%nat -> (l < N)%nat -> lambda l <= lambda k.

(* P_low = sum_{k < K} u_k u_k^T and P_high = I - P_low *)
Definition P_low (K : nat) (u : nat -> nat -> nat -> R) (r i s j : nat) : R :=
  sum K (fun k => u k r i * u k s j).
Definition P_high (K : nat) (u : nat -> nat -> nat -> R) (r i s j : nat) : R :=
  delta r s * delta i j - P_low K u r i s j.

(* Sigma = sum_p omega_p phi(x_p) phi(x_p)^T: the feature covariance under the weights omega on the points x_p *)
Definition covariance (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R) (omega : nat -> R)
    (r i s j : nat) : R :=
  sum n (fun p => omega p * feature s1 m d a w0 (X p) r i * feature s1 m d a w0 (X p) s j).

(* What the definitions ask for exists: 2 u_0 u_0^T + u_1 u_1^T with u_0 = (3, 4)/5, u_1 = (-4, 3)/5. *)
Example eigenbasis_exists : exists Sigma lambda u,
  eigenbasis 1 2 Sigma lambda u /\ nonincreasing 2 lambda /\ lambda O = 2 /\ lambda 1%nat = 1.
Proof.
  exists (fun _ i _ j => match i, j with O, O => 34 / 25 | S _, S _ => 41 / 25 | _, _ => 12 / 25 end).
  exists (fun k => match k with O => 2 | _ => 1 end).
  exists (fun k _ i => match k, i with O, O => 3 / 5 | O, _ => 4 / 5 | _, O => - 4 / 5 | _, _ => 3 / 5 end).
  split; [split | split; [| split; reflexivity]].
  - intros [| [| k]] [| [| l]] Hk Hl; try lia; unfold inner, dot, delta; simpl; lra.
  - intros [| [| k]] [| r] [| [| i]] Hk Hr Hi; try lia; unfold apply; simpl; lra.
  - intros [| [| k]] [| [| l]] Hk Hl; try lia; lra.
Qed.

(* P_low W = sum_{k < K} <u_k, W> u_k *)
Lemma apply_low m d K u W r i : apply m d (P_low K u) W r i = sum K (fun k => inner m d (u k) W * u k r i).
Proof.
  rewrite apply_inner, inner_sym.
  rewrite (inner_ext m d W W _ (fun s j => sum K (fun k => u k r i * u k s j))) by (intros; reflexivity).
  rewrite inner_sum; apply sum_ext; intros k _; rewrite (inner_sym m d W (u k)); ring.
Qed.

(* P_high W = W - P_low W *)
Lemma apply_high m d K u W r i : (r < m)%nat -> (i < d)%nat ->
  apply m d (P_high K u) W r i = W r i + (- 1) * apply m d (P_low K u) W r i.
Proof.
  intros Hr Hi; rewrite <- (inner_entry m d W r i Hr Hi), !apply_inner.
  rewrite <- inner_plus_l; apply inner_ext; [| reflexivity].
  intros s j _ _; unfold P_high, entry; rewrite (delta_sym r s), (delta_sym i j); ring.
Qed.

(* Expansions in the basis: <u_k, P_low W> is <u_k, W> for k < K, else 0; the other way round for P_high. *)
Lemma coefficient_low m d K u W k : orthonormal m d u -> (K <= m * d)%nat -> (k < m * d)%nat ->
  inner m d (u k) (apply m d (P_low K u) W) = if (k <? K)%nat then inner m d (u k) W else 0.
Proof.
  intros HO HK Hk.
  rewrite (inner_ext m d (u k) (u k) _ (fun r i => sum K (fun h => inner m d (u h) W * u h r i)))
    by (intros; reflexivity || apply apply_low).
  rewrite inner_sum, (sum_ext K _ (fun h => delta h k * inner m d (u h) W))
    by (intros h Hh; rewrite HO, delta_sym by lia; ring).
  destruct (Nat.ltb_spec k K) as [Hlt | Hge].
  - apply (sum_delta K k (fun h => inner m d (u h) W)), Hlt.
  - apply sum_eq0; intros h Hh; rewrite delta_other by lia; ring.
Qed.

Lemma coefficient_high m d K u W k : orthonormal m d u -> (K <= m * d)%nat -> (k < m * d)%nat ->
  inner m d (u k) (apply m d (P_high K u) W) = if (k <? K)%nat then 0 else inner m d (u k) W.
Proof.
  intros HO HK Hk.
  rewrite (inner_ext m d (u k) (u k) _ (fun r i => W r i + (- 1) * apply m d (P_low K u) W r i))
    by (intros; reflexivity || (apply apply_high; assumption)).
  rewrite inner_plus_r, coefficient_low by assumption; destruct (k <? K)%nat; ring.
Qed.

(* P_low is symmetric: P_low[r,i,s,j] = P_low[s,j,r,i]. *)
Theorem low_symmetric : forall (K : nat) (u : nat -> nat -> nat -> R) (r i s j : nat),
  P_low K u r i s j = P_low K u s j r i.
Proof.
  intros K u r i s j; unfold P_low; apply sum_ext; intros; ring.
Qed.

(* P_high is symmetric: P_high[r,i,s,j] = P_high[s,j,r,i]. *)
Theorem high_symmetric : forall (K : nat) (u : nat -> nat -> nat -> R) (r i s j : nat),
  P_high K u r i s j = P_high K u s j r i.
Proof.
  intros K u r i s j; unfold P_high.
  rewrite (low_symmetric K u r i s j), (delta_sym r s), (delta_sym i j); ring.
Qed.

(* P_low P_low W = P_low W *)
Theorem low_idempotent : forall (m d K : nat) (u : nat -> nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat -> idempotent m d (P_low K u).
Proof.
  intros m d K u HO HK W r i Hr Hi; rewrite !apply_low; apply sum_ext; intros k Hk.
  rewrite coefficient_low by (assumption || lia).
  destruct (Nat.ltb_spec k K); [reflexivity | lia].
Qed.

(* P_low W + P_high W = W, P_low P_high W = 0 and P_high P_low W = 0 *)
Theorem complementary : forall (m d K : nat) (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  orthonormal m d u -> (K <= m * d)%nat -> (r < m)%nat -> (i < d)%nat ->
  apply m d (P_low K u) W r i + apply m d (P_high K u) W r i = W r i /\
  apply m d (P_low K u) (apply m d (P_high K u) W) r i = 0 /\
  apply m d (P_high K u) (apply m d (P_low K u) W) r i = 0.
Proof.
  intros m d K u W r i HO HK Hr Hi; split; [| split].
  - rewrite apply_high by assumption; ring.
  - rewrite apply_low; apply sum_eq0; intros k Hk; rewrite coefficient_high by (assumption || lia).
    destruct (Nat.ltb_spec k K); [ring | lia].
  - rewrite apply_high, (low_idempotent m d K u HO HK W r i) by assumption; ring.
Qed.

(* P_high P_high W = P_high W *)
Theorem high_idempotent : forall (m d K : nat) (u : nat -> nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat -> idempotent m d (P_high K u).
Proof.
  intros m d K u HO HK W r i Hr Hi.
  rewrite (apply_high m d K u (apply m d (P_high K u) W)) by assumption.
  destruct (complementary m d K u W r i HO HK Hr Hi) as [_ [Z _]]; rewrite Z; ring.
Qed.

(* tr P_low = K *)
Theorem low_trace : forall (m d K : nat) (u : nat -> nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat -> sum m (fun r => sum d (fun i => P_low K u r i r i)) = INR K.
Proof.
  intros m d K u HO HK; unfold P_low.
  rewrite (sum_ext m _ (fun r => sum K (fun k => dot d (u k r) (u k r)))) by (intros; apply sum_swap).
  rewrite sum_swap, (sum_ext K _ (fun _ => 1)).
  - rewrite sum_const; ring.
  - intros k Hk; rewrite <- (delta_same k); apply HO; lia.
Qed.

(* A movement of norm zero is zero. *)
Lemma inner_zero m d V r i : inner m d V V = 0 -> (r < m)%nat -> (i < d)%nat -> V r i = 0.
Proof.
  intros H Hr Hi; apply Rsqr_0_uniq; unfold Rsqr.
  apply (sum_nonneg_eq0 d (fun h => V r h * V r h)); [intros; apply Rle_0_sqr | | exact Hi].
  apply (sum_nonneg_eq0 m (fun g => dot d (V g) (V g))); [intros; apply dot_nonneg | exact H | exact Hr].
Qed.

(* m d orthonormal vectors are complete: sum_k u_k u_k^T = I.  P_high of all of them is a projector of trace 0. *)
Theorem complete : forall (m d : nat) (u : nat -> nat -> nat -> R) (r i s j : nat),
  orthonormal m d u -> (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  sum (m * d) (fun k => u k r i * u k s j) = delta r s * delta i j.
Proof.
  intros m d u r i s j HO Hr Hi Hs Hj; fold (P_low (m * d) u r i s j).
  assert (HN : (m * d <= m * d)%nat) by lia.
  set (Q := P_high (m * d) u); set (c := fun s j => apply m d Q (entry s j)).
  assert (N : forall s j, (s < m)%nat -> (j < d)%nat -> inner m d (c s j) (c s j) = Q s j s j).
  { intros s' j' Hs' Hj'; unfold c.
    rewrite <- (inner_apply m d Q _ _ (fun r i s j _ _ _ _ => high_symmetric (m * d) u r i s j)).
    rewrite inner_entry by assumption.
    rewrite (high_idempotent m d (m * d) u HO HN) by assumption; apply apply_entry; assumption. }
  assert (T : sum m (fun s => sum d (fun j => inner m d (c s j) (c s j))) = 0).
  { rewrite (sum_ext m _ (fun s => INR d - sum d (fun j => P_low (m * d) u s j s j))).
    - rewrite sum_minus, sum_const, (low_trace m d (m * d) u HO HN), mult_INR; ring.
    - intros s' Hs'; rewrite (sum_ext d _ (fun j => 1 - P_low (m * d) u s' j s' j)).
      + rewrite sum_minus, sum_const; ring.
      + intros j' Hj'; rewrite N by assumption; unfold Q, P_high; rewrite !delta_same; ring. }
  assert (P : forall s' j', 0 <= inner m d (c s' j') (c s' j'))
    by (intros; apply sum_nonneg; intros; apply dot_nonneg).
  assert (Z : inner m d (c s j) (c s j) = 0).
  { apply (sum_nonneg_eq0 d (fun j => inner m d (c s j) (c s j))); [intros; apply P | | exact Hj].
    apply (sum_nonneg_eq0 m (fun s => sum d (fun j => inner m d (c s j) (c s j))));
      [intros; apply sum_nonneg; intros; apply P | exact T | exact Hs]. }
  generalize (inner_zero m d (c s j) r i Z Hr Hi); unfold c; rewrite apply_entry by assumption.
  unfold Q, P_high; lra.
Qed.

(* W = sum_k <u_k, W> u_k *)
Lemma expansion m d u W r i : orthonormal m d u -> (r < m)%nat -> (i < d)%nat ->
  W r i = sum (m * d) (fun k => inner m d (u k) W * u k r i).
Proof.
  intros HO Hr Hi; rewrite <- apply_low, apply_inner, <- (inner_entry m d W r i Hr Hi).
  apply inner_ext; [| reflexivity].
  intros s j Hs Hj; unfold P_low; rewrite (complete m d u r i s j) by assumption.
  unfold entry; rewrite (delta_sym s r), (delta_sym j i); reflexivity.
Qed.

(* <V, W> = sum_k <u_k, V> <u_k, W> *)
Theorem parseval : forall (m d : nat) (u : nat -> nat -> nat -> R) (V W : nat -> nat -> R),
  orthonormal m d u -> inner m d V W = sum (m * d) (fun k => inner m d (u k) V * inner m d (u k) W).
Proof.
  intros m d u V W HO.
  rewrite (inner_ext m d V V W (fun r i => sum (m * d) (fun k => inner m d (u k) W * u k r i)))
    by (intros; reflexivity || (apply expansion; assumption)).
  rewrite inner_sum; apply sum_ext; intros k _; rewrite (inner_sym m d V (u k)); ring.
Qed.

(* Sigma W = sum_k lambda_k <u_k, W> u_k *)
Theorem diagonal : forall (m d : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  eigenbasis m d Sigma lambda u -> (r < m)%nat -> (i < d)%nat ->
  apply m d Sigma W r i = sum (m * d) (fun k => lambda k * inner m d (u k) W * u k r i).
Proof.
  intros m d Sigma lambda u W r i [HO HE] Hr Hi.
  rewrite (apply_ext m d Sigma W (fun s j => sum (m * d) (fun k => inner m d (u k) W * u k s j)))
    by (intros; apply expansion; assumption).
  rewrite apply_sum; apply sum_ext; intros k Hk; rewrite (HE k r i) by assumption; ring.
Qed.

(* <V, Sigma V> = sum_k lambda_k <u_k, V>^2 *)
Lemma quadratic_form m d Sigma lambda u V : eigenbasis m d Sigma lambda u ->
  inner m d V (apply m d Sigma V) = sum (m * d) (fun k => lambda k * inner m d (u k) V ^ 2).
Proof.
  intros HB.
  rewrite (inner_ext m d V V _ (fun r i => sum (m * d) (fun k => lambda k * inner m d (u k) V * u k r i)))
    by (intros; reflexivity || (apply diagonal; assumption)).
  rewrite inner_sum; apply sum_ext; intros k _; rewrite (inner_sym m d V (u k)); ring.
Qed.

(* An operator with an orthonormal eigenbasis is symmetric: Sigma[r,i,s,j] = Sigma[s,j,r,i]. *)
Theorem sigma_symmetric : forall (m d : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (r i s j : nat),
  eigenbasis m d Sigma lambda u -> (r < m)%nat -> (i < d)%nat -> (s < m)%nat -> (j < d)%nat ->
  Sigma r i s j = Sigma s j r i.
Proof.
  intros m d Sigma lambda u r i s j HB Hr Hi Hs Hj.
  rewrite <- (apply_entry m d Sigma s j r i), <- (apply_entry m d Sigma r i s j) by assumption.
  rewrite !(diagonal m d Sigma lambda u) by assumption; apply sum_ext; intros k _.
  rewrite !(inner_sym m d (u k)), !inner_entry by assumption; ring.
Qed.

(* P_low Sigma W = Sigma P_low W *)
Theorem low_commutes : forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  eigenbasis m d Sigma lambda u -> (K <= m * d)%nat -> (r < m)%nat -> (i < d)%nat ->
  apply m d (P_low K u) (apply m d Sigma W) r i = apply m d Sigma (apply m d (P_low K u) W) r i.
Proof.
  intros m d K Sigma lambda u W r i HB HK Hr Hi; destruct HB as [HO HE].
  assert (HS : symmetric m d Sigma)
    by (intros g h s j Hg Hh Hs Hj; apply (sigma_symmetric m d Sigma lambda u); try split; assumption).
  rewrite apply_low, (apply_ext m d Sigma _ (fun s j => sum K (fun k => inner m d (u k) W * u k s j)))
    by (intros; apply apply_low).
  rewrite apply_sum; apply sum_ext; intros k Hk.
  rewrite (HE k r i), inner_apply by (lia || assumption).
  rewrite (inner_ext m d _ (fun r i => 0 + lambda k * u k r i) W W)
    by (intros; reflexivity || (rewrite (HE k) by (lia || assumption); ring)).
  rewrite inner_plus_l; unfold inner at 1, dot; rewrite sum_eq0; [ring |].
  intros; apply sum_eq0; intros; ring.
Qed.

(* P_high Sigma W = Sigma P_high W *)
Theorem high_commutes : forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat),
  eigenbasis m d Sigma lambda u -> (K <= m * d)%nat -> (r < m)%nat -> (i < d)%nat ->
  apply m d (P_high K u) (apply m d Sigma W) r i = apply m d Sigma (apply m d (P_high K u) W) r i.
Proof.
  intros m d K Sigma lambda u W r i HB HK Hr Hi.
  rewrite apply_high, (low_commutes m d K Sigma lambda u W r i HB HK Hr Hi), <- apply_plus by assumption.
  apply apply_ext; intros; symmetry; apply apply_high; assumption.
Qed.

(* |W|^2 = |P_low W|^2 + |P_high W|^2 *)
Theorem pythagoras : forall (m d K : nat) (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat ->
  inner m d W W = inner m d (apply m d (P_low K u) W) (apply m d (P_low K u) W)
                + inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W).
Proof.
  intros m d K u W HO HK; rewrite !(parseval m d u _ _ HO), <- sum_plus; apply sum_ext; intros k Hk.
  rewrite coefficient_low, coefficient_high by assumption; destruct (k <? K)%nat; ring.
Qed.

(* <V, Sigma V> <= lambda_K |V|^2 for V = P_high W: lambda_K, counted from 0, is the first beyond the top K *)
Theorem high_bound : forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> nonincreasing (m * d) lambda -> (K < m * d)%nat ->
  inner m d (apply m d (P_high K u) W) (apply m d Sigma (apply m d (P_high K u) W))
    <= lambda K * inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W).
Proof.
  intros m d K Sigma lambda u W HB HL HK; generalize (proj1 HB); intros HO.
  rewrite (quadratic_form m d Sigma lambda u _ HB), (parseval m d u _ _ HO), <- sum_scal_l.
  apply sum_le; intros k Hk; rewrite coefficient_high by (assumption || lia).
  destruct (Nat.ltb_spec k K) as [_ | Hge]; [lra |].
  generalize (HL K k Hge Hk) (pow2_ge_0 (inner m d (u k) W)); nra.
Qed.

(* <V, Sigma V> >= lambda_(K-1) |V|^2 for V = P_low W: lambda_(K-1), counted from 0, is the last of the top K *)
Theorem low_bound : forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> nonincreasing (m * d) lambda -> (0 < K)%nat -> (K <= m * d)%nat ->
  lambda (K - 1)%nat * inner m d (apply m d (P_low K u) W) (apply m d (P_low K u) W)
    <= inner m d (apply m d (P_low K u) W) (apply m d Sigma (apply m d (P_low K u) W)).
Proof.
  intros m d K Sigma lambda u W HB HL H0 HK; generalize (proj1 HB); intros HO.
  rewrite (quadratic_form m d Sigma lambda u _ HB), (parseval m d u _ _ HO), <- sum_scal_l.
  apply sum_le; intros k Hk; rewrite coefficient_low by assumption.
  destruct (Nat.ltb_spec k K) as [Hlt | _]; [| lra].
  assert (Hle : (k <= K - 1)%nat) by lia; assert (HK1 : (K - 1 < m * d)%nat) by lia.
  generalize (HL k (K - 1)%nat Hle HK1) (pow2_ge_0 (inner m d (u k) W)); nra.
Qed.

(* The bound is attained: <V, Sigma V> = lambda_K |V|^2 for V = P_high u_K = u_K, |u_K| = 1 *)
Theorem high_bound_attained : forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> (K < m * d)%nat ->
  inner m d (apply m d (P_high K u) (u K)) (apply m d Sigma (apply m d (P_high K u) (u K))) = lambda K /\
  inner m d (apply m d (P_high K u) (u K)) (apply m d (P_high K u) (u K)) = 1.
Proof.
  intros m d K Sigma lambda u HB HK; generalize (proj1 HB); intros HO.
  rewrite (quadratic_form m d Sigma lambda u _ HB), (parseval m d u _ _ HO).
  assert (C : forall k, (k < m * d)%nat -> inner m d (u k) (apply m d (P_high K u) (u K)) = delta k K).
  { intros k Hk; rewrite coefficient_high, HO by (assumption || lia).
    destruct (Nat.ltb_spec k K); [rewrite delta_other by lia |]; reflexivity. }
  split.
  - rewrite (sum_ext _ _ (fun k => delta k K * lambda k)); [apply sum_delta, HK |].
    intros k Hk; rewrite C by exact Hk; unfold delta; destruct (k =? K)%nat; ring.
  - rewrite (sum_ext _ _ (fun k => delta k K * 1)); [apply (sum_delta _ K (fun _ => 1)), HK |].
    intros k Hk; rewrite C by exact Hk; unfold delta; destruct (k =? K)%nat; ring.
Qed.

(* E f_L(x;V)^2 = <V, Sigma V>: the mean over any points x_p with any weights omega_p, Sigma their covariance *)
Theorem energy : forall (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R) (omega : nat -> R)
    (V : nat -> nat -> R),
  sum n (fun p => omega p * f_L s1 m d a w0 V (X p) ^ 2)
    = inner m d V (apply m d (covariance s1 n m d a w0 X omega) V).
Proof.
  intros s1 n m d a w0 X omega V.
  set (f := fun p => feature s1 m d a w0 (X p)).
  rewrite (inner_ext m d V V _ (fun r i => sum n (fun p => (omega p * inner m d (f p) V) * f p r i))).
  - rewrite inner_sum; apply sum_ext; intros p _.
    rewrite f_L_feature, (inner_sym m d V (f p)); unfold f; ring.
  - reflexivity.
  - intros r i _ _; rewrite apply_inner, inner_sym.
    rewrite (inner_ext m d V V _ (fun s j => sum n (fun p => (omega p * f p r i) * f p s j))) by reflexivity.
    rewrite inner_sum; apply sum_ext; intros p _; rewrite (inner_sym m d V (f p)); ring.
Qed.

(* E f_L(x; P_high W)^2 <= lambda_K |P_high W|^2: beside K = n_k good directions, lambda_K the first eigenvalue
   beyond theirs *)
Theorem energy_beside_good_directions : forall (s1 : R -> R) (n m d K : nat) (a : nat -> R)
    (w0 X : nat -> nat -> R) (omega lambda : nat -> R) (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d (covariance s1 n m d a w0 X omega) lambda u -> nonincreasing (m * d) lambda ->
  (K < m * d)%nat ->
  sum n (fun p => omega p * f_L s1 m d a w0 (apply m d (P_high K u) W) (X p) ^ 2)
    <= lambda K * inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W).
Proof.
  intros s1 n m d K a w0 X omega lambda u W HB HL HK; rewrite energy.
  generalize (high_bound m d K (covariance s1 n m d a w0 X omega) lambda u W HB HL HK); lra.
Qed.

(* tr P_low = K + 1 is false: K = 0. *)
Theorem low_trace_twin_false : ~ (forall (m d K : nat) (u : nat -> nat -> nat -> R),
  orthonormal m d u -> (K <= m * d)%nat -> sum m (fun r => sum d (fun i => P_low K u r i r i)) = INR (S K)).
Proof.
  intros H; destruct eigenbasis_exists as [Sigma [lambda [u [[HO _] _]]]].
  generalize (H 1%nat 2%nat O u HO (Nat.le_0_l 2)); unfold P_low; simpl; lra.
Qed.

(* The bound with the eigenvalue after lambda_K is false: K = 0, W = u_0, 2 > 1. *)
Theorem high_bound_twin_false : ~ (forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> nonincreasing (m * d) lambda -> (K < m * d)%nat ->
  inner m d (apply m d (P_high K u) W) (apply m d Sigma (apply m d (P_high K u) W))
    <= lambda (S K) * inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W)).
Proof.
  intros H; destruct eigenbasis_exists as [Sigma [lambda [u [HB [HL [L0 L1]]]]]].
  generalize (H 1%nat 2%nat O Sigma lambda u (u O) HB HL (Nat.lt_0_succ 1)).
  destruct (high_bound_attained 1 2 O Sigma lambda u HB (Nat.lt_0_succ 1)) as [-> ->]; rewrite L0, L1; lra.
Qed.

(* The bound with the eigenvalue before lambda_(K-1) is false: K = 2, W = u_1, 2 > 1. *)
Theorem low_bound_twin_false : ~ (forall (m d K : nat) (Sigma : nat -> nat -> nat -> nat -> R) (lambda : nat -> R)
    (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d Sigma lambda u -> nonincreasing (m * d) lambda -> (0 < K)%nat -> (K <= m * d)%nat ->
  lambda (K - 2)%nat * inner m d (apply m d (P_low K u) W) (apply m d (P_low K u) W)
    <= inner m d (apply m d (P_low K u) W) (apply m d Sigma (apply m d (P_low K u) W))).
Proof.
  intros H; destruct eigenbasis_exists as [Sigma [lambda [u [HB [HL [L0 L1]]]]]].
  generalize (H 1%nat 2%nat 2%nat Sigma lambda u (u 1%nat) HB HL (Nat.lt_0_succ 1) (Nat.le_refl 2)).
  generalize (proj1 HB); intros HO.
  rewrite (quadratic_form 1 2 Sigma lambda u _ HB), (parseval 1 2 u _ _ HO); simpl sum.
  rewrite !coefficient_low, !HO by (assumption || lia); unfold delta; simpl; rewrite L0, L1; lra.
Qed.

(* The same for the energy: phi(x_p) = e_p with weights 2 and 1, K = 0, W = e_0: E f_L(x;W)^2 = 2 > 1. *)
Theorem energy_beside_good_directions_twin_false : ~ (forall (s1 : R -> R) (n m d K : nat) (a : nat -> R)
    (w0 X : nat -> nat -> R) (omega lambda : nat -> R) (u : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  eigenbasis m d (covariance s1 n m d a w0 X omega) lambda u -> nonincreasing (m * d) lambda ->
  (K < m * d)%nat ->
  sum n (fun p => omega p * f_L s1 m d a w0 (apply m d (P_high K u) W) (X p) ^ 2)
    <= lambda (S K) * inner m d (apply m d (P_high K u) W) (apply m d (P_high K u) W)).
Proof.
  intros H; set (e := fun k (_ i : nat) => delta k i); set (w := fun k => match k with O => 2 | _ => 1 end).
  assert (HB : eigenbasis 1 2 (covariance (fun _ => 1) 2 1 2 (fun _ => 1) (fun _ _ => 0) delta w) w e).
  { split.
    - intros [| [| k]] [| [| l]] Hk Hl; try lia; unfold inner, dot, e, delta; simpl; lra.
    - intros [| [| k]] [| r] [| [| i]] Hk Hr Hi; try lia; unfold apply, covariance, feature, e, w, delta; simpl;
        rewrite sqrt_1; lra. }
  assert (HL : nonincreasing (1 * 2) w) by (intros [| k] [| l] Hk _; simpl; try lia; lra).
  generalize (H (fun _ => 1) 2%nat 1%nat 2%nat O (fun _ => 1) (fun _ _ => 0) delta w w e (e O) HB HL
    (Nat.lt_0_succ 1)).
  unfold f_L, apply, inner, dot, P_high, P_low, e, w, delta; simpl; rewrite sqrt_1; lra.
Qed.
