(* The Legendre polynomials in dimension d (Gegenbauer polynomials normalised to 1 at 1), for every degree.

   P_0 = 1, P_1 = u and (l+d-2) P_{l+1} = (2l+d-2) u P_l - l P_{l-1}.  Proved here for every real d > 2 and every l:
   the recurrence, the degree, P_l(1) = 1, parity, the derivative, Legendre's differential equation, |P_l| <= 1 on
   [-1,1], the product formula for u P_l, and from it the expansion of the kernel d t (c_0 P_0(t) + ... + c_L P_L(t))
   in the P_j, which holds the eigenvalues of the tangent kernel, and their trace. *)
From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Harmonics.
Open Scope R_scope.

Fixpoint P (d : R) (l : nat) (u : R) : R :=
  match l with
  | O => 1
  | S k =>
    match k with
    | O => u
    | S j => ((2 * INR k + d - 2) * u * P d k u - INR k * P d j u) / (INR k + d - 2)
    end
  end.

(* The eigenvalue of the kernel d t (c_0 P_0(t) + c_1 P_1(t) + ...) on the harmonics of degree j:
   lambda_j = d/B(d,j) [ 1{j>=1} (j+d-3)/(2j+d-4) c_{j-1} + (j+1)/(2j+d) c_{j+1} ]. *)
Definition eigenvalue (d : R) (c : nat -> R) (j : nat) : R :=
  d / B d j * ((if Nat.leb 1 j then (INR j + d - 3) / (2 * INR j + d - 4) * c (j - 1)%nat else 0)
               + (INR j + 1) / (2 * INR j + d) * c (j + 1)%nat).

Lemma P_step : forall (d : R) (l : nat) (u : R),
  P d (S (S l)) u = ((2 * INR (S l) + d - 2) * u * P d (S l) u - INR (S l) * P d l u) / (INR (S l) + d - 2).
Proof. reflexivity. Qed.

(* Induction over two neighbouring degrees. *)
Lemma two_step : forall Q : nat -> Prop,
  Q 0%nat -> Q 1%nat -> (forall l, Q l -> Q (S l) -> Q (S (S l))) -> forall l, Q l.
Proof.
  intros Q H0 H1 H l. assert (Q l /\ Q (S l)) as [G _]; [|exact G].
  induction l as [|l [IH IH']]; auto.
Qed.

(* (l+d-2) P_{l+1}(u) = (2l+d-2) u P_l(u) - l P_{l-1}(u); at l = 0 the last term is 0 (and P_1(u) = u). *)
Theorem recurrence : forall (d : R) (l : nat) (u : R), 2 < d ->
  (INR l + d - 2) * P d (l + 1) u = (2 * INR l + d - 2) * u * P d l u - INR l * P d (l - 1) u.
Proof.
  intros d [|l] u Hd; [simpl; ring|].
  replace (S l + 1)%nat with (S (S l)) by lia. replace (S l - 1)%nat with l by lia.
  rewrite P_step. pose proof (pos_INR (S l)). field. lra.
Qed.

(* P_0 = 1 and P_1(u) = u. *)
Theorem first_degrees : forall d u : R, P d 0 u = 1 /\ P d 1 u = u.
Proof. intros d u. split; reflexivity. Qed.

(* P_l(1) = 1. *)
Theorem value_at_one : forall (d : R) (l : nat), 2 < d -> P d l 1 = 1.
Proof.
  intros d l Hd. induction l as [| |l IH IH'] using two_step; try reflexivity.
  rewrite P_step, IH, IH'. pose proof (pos_INR (S l)). field. lra.
Qed.

(* The coefficient of u^i in P_l, as a recursion of its own. *)
Fixpoint coefficient (d : R) (l i : nat) : R :=
  match l with
  | O => match i with O => 1 | S _ => 0 end
  | S k =>
    match k with
    | O => match i with S O => 1 | _ => 0 end
    | S j => ((2 * INR k + d - 2) * match i with O => 0 | S h => coefficient d k h end
              - INR k * coefficient d j i) / (INR k + d - 2)
    end
  end.

Lemma coefficient_step : forall (d : R) (l i : nat),
  coefficient d (S (S l)) i
  = ((2 * INR (S l) + d - 2) * match i with O => 0 | S h => coefficient d (S l) h end
     - INR (S l) * coefficient d l i) / (INR (S l) + d - 2).
Proof. reflexivity. Qed.

Lemma coefficient_beyond : forall (d : R) (l i : nat), (l < i)%nat -> coefficient d l i = 0.
Proof.
  intros d l. induction l as [| |l IH IH'] using two_step; intros i Hi.
  - destruct i; [lia|reflexivity].
  - destruct i as [|[|i]]; [lia|lia|reflexivity].
  - destruct i as [|i]; [lia|]. rewrite coefficient_step, IH, IH' by lia. unfold Rdiv. ring.
Qed.

(* u (c_0 + c_1 u + ... + c_n u^n), by the powers of u. *)
Lemma sum_shift : forall (c : nat -> R) (n : nat) (u : R),
  sum_f_R0 (fun i => match i with O => 0 | S h => c h end * u ^ i) (S n) = u * sum_f_R0 (fun i => c i * u ^ i) n.
Proof.
  intros c n u. induction n as [|n IH]; [simpl; ring|].
  rewrite tech5, IH, (tech5 (fun i => c i * u ^ i)). simpl. ring.
Qed.

Lemma sum_combine : forall (a b e : R) (f g : nat -> R) (n : nat),
  sum_f_R0 (fun i => (a * f i - b * g i) / e) n = (a * sum_f_R0 f n - b * sum_f_R0 g n) / e.
Proof.
  intros a b e f g n. induction n as [|n IH]; simpl; [reflexivity|]. rewrite IH. unfold Rdiv. ring.
Qed.

(* P_l is a polynomial of degree l, with a positive leading coefficient. *)
Theorem degree : forall (d : R) (l : nat), 2 < d ->
  exists c : nat -> R, 0 < c l /\ forall u : R, P d l u = sum_f_R0 (fun i => c i * u ^ i) l.
Proof.
  intros d l Hd. exists (coefficient d l). split.
  - induction l as [| |l _ IH'] using two_step; [simpl; lra|simpl; lra|].
    rewrite coefficient_step, (coefficient_beyond d l) by lia. pose proof (INR_S_pos l).
    apply Rdiv_lt_0_compat; [|lra]. rewrite Rmult_0_r, Rminus_0_r. apply Rmult_lt_0_compat; lra.
  - intro u. induction l as [| |l IH IH'] using two_step; [simpl; ring|simpl; ring|].
    rewrite P_step, IH, IH'. pose proof (INR_S_pos l).
    replace (sum_f_R0 (fun i => coefficient d l i * u ^ i) l)
      with (sum_f_R0 (fun i => coefficient d l i * u ^ i) (S (S l))).
    2: { rewrite !tech5, !(coefficient_beyond d l) by lia. ring. }
    rewrite Rmult_assoc, <- sum_shift, <- sum_combine. apply sum_eq. intros i _.
    rewrite coefficient_step. field. lra.
Qed.

(* P_l(-u) = (-1)^l P_l(u). *)
Theorem parity : forall (d : R) (l : nat) (u : R), 2 < d -> P d l (- u) = (-1) ^ l * P d l u.
Proof.
  intros d l u Hd. induction l as [| |l IH IH'] using two_step; [simpl; ring|simpl; ring|].
  rewrite !P_step, IH, IH'. simpl pow. unfold Rdiv. ring.
Qed.

(* u P_l(u) = ((l+d-2) P_{l+1}(u) + l P_{l-1}(u)) / (2l+d-2). *)
Theorem product : forall (d : R) (l : nat) (u : R), 2 < d ->
  u * P d l u = ((INR l + d - 2) * P d (l + 1) u + INR l * P d (l - 1) u) / (2 * INR l + d - 2).
Proof.
  intros d l u Hd. rewrite recurrence by assumption. pose proof (pos_INR l). field. lra.
Qed.

(* The derivative, as a recursion of its own. *)
Fixpoint dP (d : R) (l : nat) (u : R) : R :=
  match l with
  | O => 0
  | S k =>
    match k with
    | O => 1
    | S j => ((2 * INR k + d - 2) * (P d k u + u * dP d k u) - INR k * dP d j u) / (INR k + d - 2)
    end
  end.

Lemma dP_step : forall (d : R) (l : nat) (u : R),
  dP d (S (S l)) u
  = ((2 * INR (S l) + d - 2) * (P d (S l) u + u * dP d (S l) u) - INR (S l) * dP d l u) / (INR (S l) + d - 2).
Proof. reflexivity. Qed.

Lemma P_derivable : forall (d : R) (l : nat) (u : R), is_derive (P d l) u (dP d l u).
Proof.
  intros d l. induction l as [| |l IH IH'] using two_step; intro u.
  - apply (is_derive_const 1 u).
  - apply (is_derive_id u).
  - apply (is_derive_ext (fun v =>
      ((2 * INR (S l) + d - 2) * v * P d (S l) v - INR (S l) * P d l v) / (INR (S l) + d - 2)));
      [reflexivity|].
    assert (H1 : ex_derive (P d (S l)) u) by (eexists; apply IH').
    assert (H0 : ex_derive (P d l) u) by (eexists; apply IH).
    assert (D1 : Derive (fun v => P d (S l) v) u = dP d (S l) u) by (apply is_derive_unique, IH').
    assert (D0 : Derive (fun v => P d l v) u = dP d l u) by (apply is_derive_unique, IH).
    rewrite dP_step. clear IH IH'. revert H1 H0 D1 D0.
    generalize (dP d (S l) u) (dP d l u) (P d (S l)) (P d l) (INR (S l)).
    intros q' p' q p x H1 H0 D1 D0.
    auto_derive; [tauto|]. rewrite D0, D1. unfold Rdiv. ring.
Qed.

Lemma dP_ex_derive : forall (d : R) (l : nat) (u : R), ex_derive (dP d l) u.
Proof.
  intros d l. induction l as [| |l IH IH'] using two_step; intro u.
  - apply (ex_derive_const 0 u).
  - apply (ex_derive_const 1 u).
  - apply (ex_derive_ext (fun v =>
      ((2 * INR (S l) + d - 2) * (P d (S l) v + v * dP d (S l) v) - INR (S l) * dP d l v)
      / (INR (S l) + d - 2)));
      [reflexivity|].
    assert (H1 : ex_derive (P d (S l)) u) by (eexists; apply P_derivable).
    specialize (IH u). specialize (IH' u).
    revert H1 IH IH'. generalize (P d (S l)) (dP d (S l)) (dP d l) (INR (S l)). intros q q' p' x H1 H0 H2.
    auto_derive. tauto.
Qed.

(* (1-u^2) P_l' = l (P_{l-1} - u P_l), with the derivative as a recursion. *)
Lemma ladder : forall (d : R) (l : nat) (u : R), 2 < d ->
  (1 - u ^ 2) * dP d l u = INR l * (P d (l - 1) u - u * P d l u).
Proof.
  intros d l u Hd. induction l as [| |l IH IH'] using two_step; [simpl; ring|simpl; ring|].
  replace (S (S l) - 1)%nat with (S l) by lia. replace (S l - 1)%nat with l in IH' by lia.
  pose proof (recurrence d l u Hd) as R0. replace (l + 1)%nat with (S l) in R0 by lia.
  pose proof (pos_INR l) as Hl. rewrite dP_step, P_step. rewrite !S_INR in *.
  set (x := INR l) in *. set (q := P d l u) in *. set (p := P d (S l) u) in *.
  set (q' := dP d l u) in *. set (p' := dP d (S l) u) in *. set (r := P d (l - 1) u) in *.
  apply (Rmult_eq_reg_l (x + 1 + d - 2)); [|lra].
  transitivity ((2 * (x + 1) + d - 2) * ((1 - u ^ 2) * p + u * ((1 - u ^ 2) * p')) - (x + 1) * ((1 - u ^ 2) * q')).
  { field. lra. }
  rewrite IH', IH.
  replace (x * (r - u * q)) with ((2 * x + d - 2) * u * q - (x + d - 2) * p - x * (u * q)) by (rewrite R0; ring).
  field. lra.
Qed.

(* (1-u^2) P_l'(u) = l (P_{l-1}(u) - u P_l(u)). *)
Theorem derivative : forall (d : R) (l : nat) (u : R), 2 < d ->
  ex_derive (P d l) u /\ (1 - u ^ 2) * Derive (P d l) u = INR l * (P d (l - 1) u - u * P d l u).
Proof.
  intros d l u Hd. split; [eexists; apply P_derivable|].
  rewrite (is_derive_unique _ _ _ (P_derivable d l u)). pose proof (ladder d l u Hd). lra.
Qed.

(* The other ladder, down: (1-u^2) P_{l-1}' = (l+d-3) (u P_{l-1} - P_l). *)
Lemma ladder_down : forall (d : R) (l : nat) (u : R), 2 < d ->
  (1 - u ^ 2) * dP d l u = (INR l + d - 2) * (u * P d l u - P d (l + 1) u).
Proof.
  intros d l u Hd. rewrite ladder by assumption. pose proof (recurrence d l u Hd). lra.
Qed.

(* l P_{l-1}' = (l+d-3) (u P_l' - l P_l), here one degree up. *)
Lemma ladder_derivative : forall (d : R) (l : nat) (u : R), 2 < d ->
  (INR l + 1) * dP d l u = (INR l + d - 2) * (u * dP d (S l) u - (INR l + 1) * P d (S l) u).
Proof.
  intros d l u Hd. induction l as [|l IH]; [simpl; ring|].
  pose proof (ladder_down d (S l) u Hd) as D. replace (S l + 1)%nat with (S (S l)) in D by lia.
  pose proof (pos_INR (S l)) as Hl.
  assert (E : (INR (S l) + d - 2) * dP d (S (S l)) u
    = (INR (S l) + 1) * (u * dP d (S l) u + (INR (S l) + d - 2) * P d (S l) u)).
  { rewrite dP_step. rewrite S_INR in *.
    transitivity ((2 * (INR l + 1) + d - 2) * (P d (S l) u + u * dP d (S l) u) - (INR l + 1) * dP d l u).
    - field. lra.
    - rewrite IH. ring. }
  transitivity ((INR (S l) + 1) * (u ^ 2 * dP d (S l) u + (1 - u ^ 2) * dP d (S l) u)); [ring|].
  rewrite D.
  transitivity (u * ((INR (S l) + d - 2) * dP d (S (S l)) u)
    - (INR (S l) + d - 2) * (INR (S l) + 1) * P d (S (S l)) u); [|ring].
  rewrite E. ring.
Qed.

(* Legendre's equation (1-u^2) P_l'' - (d-1) u P_l' + l (l+d-2) P_l = 0; P_l' has a derivative. *)
Theorem differential_equation : forall (d : R) (l : nat) (u : R), 2 < d ->
  ex_derive (Derive (P d l)) u /\
  (1 - u ^ 2) * Derive (Derive (P d l)) u - (d - 1) * u * Derive (P d l) u
    + INR l * (INR l + d - 2) * P d l u = 0.
Proof.
  intros d l u Hd. split.
  { apply (ex_derive_ext (dP d l)); [|apply dP_ex_derive].
    intro v. symmetry. apply is_derive_unique, P_derivable. }
  rewrite (Derive_ext (Derive (P d l)) (dP d l)) by (intro v; apply is_derive_unique, P_derivable).
  rewrite (is_derive_unique _ _ _ (P_derivable d l u)).
  destruct l as [|l].
  { change (dP d 0) with (fun _ : R => 0). rewrite Derive_const. simpl. ring. }
  pose proof (ladder_derivative d l u Hd) as E.
  assert (D : Derive (fun v => (1 - v ^ 2) * dP d (S l) v) u
    = Derive (fun v => INR (S l) * (P d l v - v * P d (S l) v)) u).
  { apply Derive_ext. intro v. rewrite ladder by assumption. replace (S l - 1)%nat with l by lia. reflexivity. }
  rewrite (Derive_mult (fun v => 1 - v ^ 2) (dP d (S l))) in D;
    [|auto_derive; trivial|apply dP_ex_derive].
  assert (Derive (fun v => 1 - v ^ 2) u = - 2 * u) as E2 by (apply is_derive_unique; auto_derive; [trivial|ring]).
  rewrite E2 in D. clear E2.
  assert (is_derive (fun v => INR (S l) * (P d l v - v * P d (S l) v)) u
    (INR (S l) * (dP d l u - P d (S l) u - u * dP d (S l) u))) as F.
  { pose proof (P_derivable d l u) as G. pose proof (P_derivable d (S l) u) as H. revert G H.
    generalize (dP d l u) (dP d (S l) u) (P d l) (P d (S l)) (INR (S l)). intros p' q' p q x G H.
    pose proof (is_derive_unique _ _ _ G) as G'. pose proof (is_derive_unique _ _ _ H) as H'.
    auto_derive; [split; [exists p'|split; [exists q'|]]; trivial|].
    change (Derive (fun v => p v) u) with (Derive p u). change (Derive (fun v => q v) u) with (Derive q u).
    rewrite G', H'. ring. }
  pose proof (eq_trans D (is_derive_unique _ _ _ F)) as DF. clear D F. rewrite S_INR in *.
  replace ((1 - u ^ 2) * Derive (dP d (S l)) u) with
    (2 * u * dP d (S l) u + ((INR l + 1) * dP d l u - (INR l + 1) * (P d (S l) u + u * dP d (S l) u))).
  - rewrite E. ring.
  - set (y := Derive (dP d (S l)) u) in *. lra.
Qed.

(* On [0,1] the function P_l^2 + (1-u^2) P_l'^2 / (l (l+d-2)) increases, since its derivative is
   2 (d-2) u P_l'^2 / (l (l+d-2)); at 1 it is 1. *)
Lemma bounded_right : forall (d : R) (l : nat) (u : R), 2 < d -> 0 <= u <= 1 -> P d l u ^ 2 <= 1.
Proof.
  intros d [|l] u Hd Hu; [simpl; lra|].
  set (N := INR (S l) * (INR (S l) + d - 2)). pose proof (INR_S_pos l) as Hl.
  assert (HN : 0 < N) by (unfold N; nra).
  set (f := fun v => P d (S l) v ^ 2 + (1 - v ^ 2) * dP d (S l) v ^ 2 / N).
  assert (Df : forall v, is_derive f v (2 * (d - 2) * v * dP d (S l) v ^ 2 / N)).
  { intro v. pose proof (proj2 (differential_equation d (S l) v Hd)) as E. fold N in E. unfold f. clear f.
    rewrite (Derive_ext (Derive (P d (S l))) (dP d (S l))) in E
      by (intro w; apply is_derive_unique, P_derivable).
    rewrite (is_derive_unique _ _ _ (P_derivable d (S l) v)) in E.
    pose proof (P_derivable d (S l) v) as G. pose proof (dP_ex_derive d (S l) v) as H. revert E G H.
    fold N. generalize (P d (S l)) (dP d (S l)). intros p q E G H.
    pose proof (is_derive_unique _ _ _ G) as G'.
    auto_derive; [split; [exists (q v)|split]; trivial|].
    change (Derive (fun v => p v) v) with (Derive p v). change (Derive (fun v => q v) v) with (Derive q v).
    rewrite G'. set (q' := Derive q v) in *.
    apply (Rmult_eq_reg_r N); [|lra].
    transitivity (2 * q v * (N * p v + (1 - v ^ 2) * q') - 2 * v * q v ^ 2); [field; lra|].
    replace (N * p v + (1 - v ^ 2) * q') with ((d - 1) * v * q v) by lra. field. lra. }
  assert (Hf : f u <= f 1).
  { destruct (MVT_gen f u 1 (fun v => 2 * (d - 2) * v * dP d (S l) v ^ 2 / N)) as [c [Hc E]].
    - intros v _. apply Df.
    - intros v _. apply derivable_continuous_pt. eexists. apply is_derive_Reals, Df.
    - rewrite Rmin_left, Rmax_right in Hc by lra.
      assert (0 <= 2 * (d - 2) * c * dP d (S l) c ^ 2 / N).
      { apply Rdiv_le_0_compat; [|assumption]. pose proof (pow2_ge_0 (dP d (S l) c)).
        apply Rmult_le_pos; [|assumption]. nra. }
      nra. }
  unfold f in Hf. rewrite value_at_one in Hf by assumption.
  replace (1 ^ 2 + (1 - 1 ^ 2) * dP d (S l) 1 ^ 2 / N) with 1 in Hf by (field; lra).
  assert (0 <= (1 - u ^ 2) * dP d (S l) u ^ 2 / N); [|lra].
  apply Rdiv_le_0_compat; [|assumption]. apply Rmult_le_pos; [nra|apply pow2_ge_0].
Qed.

(* |P_l(u)| <= 1 on [-1,1]. *)
Theorem bounded : forall (d : R) (l : nat) (u : R), 2 < d -> -1 <= u <= 1 -> Rabs (P d l u) <= 1.
Proof.
  intros d l u Hd Hu.
  assert (G : forall v, 0 <= v <= 1 -> Rabs (P d l v) <= 1).
  { intros v Hv. pose proof (bounded_right d l v Hd Hv). apply Rabs_le. nra. }
  destruct (Rle_lt_dec 0 u) as [H|H]; [apply G; lra|].
  rewrite <- (Ropp_involutive u), parity, Rabs_mult, pow_1_abs, Rmult_1_l by assumption. apply G. lra.
Qed.

(* lambda_j B(d,j) = d [ 1{j>=1} (j+d-3)/(2j+d-4) c_{j-1} + (j+1)/(2j+d) c_{j+1} ]. *)
Lemma eigenvalue_times_B : forall (d : R) (c : nat -> R) (j : nat), 2 < d ->
  eigenvalue d c j * B d j
  = d * ((if Nat.leb 1 j then (INR j + d - 3) / (2 * INR j + d - 4) * c (j - 1)%nat else 0)
         + (INR j + 1) / (2 * INR j + d) * c (j + 1)%nat).
Proof.
  intros d c j Hd. unfold eigenvalue. pose proof (B_positive d j Hd) as H.
  set (x := (_ + _ : R)). unfold Rdiv. rewrite (Rmult_comm _ x), Rmult_assoc, Rmult_assoc, Rinv_l by lra. ring.
Qed.

(* lambda_0 = c_1 and lambda_1 = c_0 + 2 c_2 / (d+2). *)
Theorem eigenvalue_low : forall (d : R) (c : nat -> R), 2 < d ->
  eigenvalue d c 0 = c 1%nat /\ eigenvalue d c 1 = c 0%nat + 2 / (d + 2) * c 2%nat.
Proof. intros d c Hd. unfold eigenvalue. simpl. split; field; lra. Qed.

(* A partial sum, with the two terms that the next c contribute. *)
Lemma kernel_partial : forall (d : R) (c : nat -> R) (L : nat) (t : R), 2 < d ->
  sum_f_R0 (fun j => eigenvalue d c j * B d j * P d j t) (S L)
  = d * (t * sum_f_R0 (fun l => c l * P d l t) L
         + INR (L + 1) / (2 * INR (L + 1) + d - 2) * c (L + 1)%nat * P d L t
         + INR (L + 2) / (2 * INR (L + 2) + d - 2) * c (L + 2)%nat * P d (L + 1) t).
Proof.
  intros d c L t Hd. induction L as [|L IH].
  - simpl sum_f_R0. rewrite !eigenvalue_times_B by assumption. simpl. field. lra.
  - rewrite tech5, IH, eigenvalue_times_B by assumption. clear IH. rewrite tech5.
    pose proof (product d (S L) t Hd) as E. pose proof (pos_INR L) as HL.
    set (s := sum_f_R0 _ L).
    replace (t * (s + c (S L) * P d (S L) t)) with (t * s + c (S L) * (t * P d (S L) t)) by ring.
    rewrite E. change (Nat.leb 1 (S (S L))) with true. cbv iota.
    replace (S L + 1)%nat with (S (S L)) by lia. replace (S L + 2)%nat with (S (S (S L))) by lia.
    replace (S (S L) - 1)%nat with (S L) by lia. replace (S L - 1)%nat with L by lia.
    replace (S (S L) + 1)%nat with (S (S (S L))) by lia.
    replace (L + 1)%nat with (S L) by lia. replace (L + 2)%nat with (S (S L)) by lia.
    rewrite !S_INR. field. lra.
Qed.

(* The kernel d t (c_0 P_0(t) + ... + c_L P_L(t)) is the sum of lambda_j B(d,j) P_j(t) over j <= L+1. *)
Theorem kernel_series : forall (d : R) (c : nat -> R) (L : nat) (t : R), 2 < d ->
  (forall l : nat, (L < l)%nat -> c l = 0) ->
  d * t * sum_f_R0 (fun l => c l * P d l t) L = sum_f_R0 (fun j => eigenvalue d c j * B d j * P d j t) (L + 1).
Proof.
  intros d c L t Hd Hc. replace (L + 1)%nat with (S L) by lia.
  rewrite kernel_partial by assumption. rewrite (Hc (L + 1)%nat), (Hc (L + 2)%nat) by lia. ring.
Qed.

(* The trace at t = 1: the sum of lambda_j B(d,j) is d (c_0 + ... + c_L). *)
Theorem trace : forall (d : R) (c : nat -> R) (L : nat), 2 < d ->
  (forall l : nat, (L < l)%nat -> c l = 0) ->
  sum_f_R0 (fun j => eigenvalue d c j * B d j) (L + 1) = d * sum_f_R0 c L.
Proof.
  intros d c L Hd Hc. pose proof (kernel_series d c L 1 Hd Hc) as E.
  rewrite Rmult_1_r in E.
  rewrite (sum_eq (fun l => c l * P d l 1) c) in E by (intros; rewrite value_at_one; [ring|assumption]).
  rewrite E. apply sum_eq. intros. rewrite value_at_one by assumption. ring.
Qed.

Lemma boundary_vanishes : forall (d : R) (c : nat -> R) (t : R) (i k : nat), 2 < d -> -1 <= t <= 1 ->
  is_lim_seq c 0 ->
  is_lim_seq (fun L => INR (L + i) / (2 * INR (L + i) + d - 2) * c (L + i)%nat * P d (L + k) t) 0.
Proof.
  intros d c t i k Hd Ht Hc. apply is_lim_seq_abs_0.
  apply (is_lim_seq_le_le (fun _ => 0) _ (fun L => Rabs (c (L + i)%nat))).
  - intro L. split; [apply Rabs_pos|]. rewrite !Rabs_mult. pose proof (pos_INR (L + i)) as H.
    pose proof (bounded d (L + k) t Hd Ht) as HP. pose proof (Rabs_pos (c (L + i)%nat)) as C0.
    assert (HF : Rabs (INR (L + i) / (2 * INR (L + i) + d - 2)) <= 1).
    { rewrite Rabs_pos_eq; [|apply Rdiv_le_0_compat; lra]. apply quotient_le; lra. }
    pose proof (Rabs_pos (P d (L + k) t)). pose proof (Rabs_pos (INR (L + i) / (2 * INR (L + i) + d - 2))).
    rewrite <- (Rmult_1_r (Rabs (c (L + i)%nat))) at 2.
    apply Rmult_le_compat; try assumption; [apply Rmult_le_pos; assumption|].
    rewrite <- (Rmult_1_l (Rabs (c (L + i)%nat))) at 2. apply Rmult_le_compat_r; assumption.
  - apply is_lim_seq_const.
  - replace 0 with (Rabs 0) by apply Rabs_R0.
    apply (is_lim_seq_abs (fun L => c (L + i)%nat) 0). apply (is_lim_seq_incr_n c i). assumption.
Qed.

(* The whole series: where c_l -> 0 and the sum of c_l P_l(t) over all l is s, the sum of lambda_j B(d,j) P_j(t)
   over all j is d t s; -1 <= t <= 1. *)
Theorem kernel_series_infinite : forall (d : R) (c : nat -> R) (t s : R), 2 < d -> -1 <= t <= 1 ->
  is_lim_seq c 0 -> is_series (fun l => c l * P d l t) s ->
  is_series (fun j => eigenvalue d c j * B d j * P d j t) (d * t * s).
Proof.
  intros d c t s Hd Ht Hc Hs.
  change (is_lim_seq (sum_n (fun j => eigenvalue d c j * B d j * P d j t)) (d * t * s)).
  apply is_lim_seq_incr_1.
  apply (is_lim_seq_ext (fun L => d * (t * sum_n (fun l => c l * P d l t) L
    + INR (L + 1) / (2 * INR (L + 1) + d - 2) * c (L + 1)%nat * P d (L + 0) t
    + INR (L + 2) / (2 * INR (L + 2) + d - 2) * c (L + 2)%nat * P d (L + 1) t))).
  { intro L. rewrite !sum_n_Reals, kernel_partial, Nat.add_0_r by assumption. reflexivity. }
  replace (d * t * s) with (d * (t * s + 0 + 0)) by ring.
  apply (is_lim_seq_scal_l _ d (t * s + 0 + 0)).
  apply is_lim_seq_plus'; [apply is_lim_seq_plus'|].
  - apply (is_lim_seq_scal_l _ t s). exact Hs.
  - apply boundary_vanishes; assumption.
  - apply boundary_vanishes; assumption.
Qed.

(* The whole trace: the sum of lambda_j B(d,j) over all j is d times the sum of all c_l. *)
Theorem trace_infinite : forall (d : R) (c : nat -> R) (s : R), 2 < d -> is_series c s ->
  is_series (fun j => eigenvalue d c j * B d j) (d * s).
Proof.
  intros d c s Hd Hs. replace (d * s) with (d * 1 * s) by ring.
  apply (is_series_ext (fun j => eigenvalue d c j * B d j * P d j 1)).
  { intro j. rewrite value_at_one by assumption. apply Rmult_1_r. }
  apply kernel_series_infinite; [assumption|lra|apply ex_series_lim_0; exists s; assumption|].
  apply (is_series_ext c); [|assumption]. intro l. rewrite value_at_one by assumption. symmetry. apply Rmult_1_r.
Qed.

(* P_l of degree l - 1 is false: P_1(u) = u is not constant. *)
Theorem degree_twin_false : ~ (forall (d : R) (l : nat), 2 < d ->
  exists c : nat -> R, 0 < c l /\ forall u : R, P d l u = sum_f_R0 (fun i => c i * u ^ i) (l - 1)).
Proof.
  intro H. destruct (H 3 1%nat ltac:(lra)) as [c [_ E]].
  pose proof (E 0) as E0. pose proof (E 1) as E1. simpl in E0, E1. lra.
Qed.
