(* The law of one coordinate of a uniform point on the sphere, its moments, and orthogonality.

   u = z/sqrt(d) has a density proportional to (1-u^2)^((d-3)/2) on [-1,1]; in integer dimension d >= 3 this is
   sqrt(1-u^2)^(d-3), and  mean d g  is the mean of g(u), a quotient of two Riemann integrals.  Proved here: its
   moments by integration by parts; the mean of P_j P_l for every j and l (for every real d > 2 from the moments
   alone, and for the law in every dimension); that P_l is the one polynomial of degree <= l that is orthogonal to the
   lower powers and 1 at 1; the eigenvalue of the tangent kernel as the mean of kernel times P_j; the energy.  That u
   has this density is the definition here, not proved. *)
From Coq Require Import Reals Lra Lia FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Harmonics Gegenbauer.
Open Scope R_scope.

(* E g(u) for the coordinate u of a uniform point on the unit sphere of R^d. *)
Definition mean (d : nat) (g : R -> R) : R :=
  RInt (fun u => g u * sqrt (1 - u ^ 2) ^ (d - 3)) (-1) 1 / RInt (fun u => sqrt (1 - u ^ 2) ^ (d - 3)) (-1) 1.

(* 1 * 3 * ... * (2p-1). *)
Fixpoint double_factorial (p : nat) : R :=
  match p with
  | O => 1
  | S q => double_factorial q * (2 * INR q + 1)
  end.

(* d (d+2) ... (d+2p-2). *)
Fixpoint rising (d : R) (p : nat) : R :=
  match p with
  | O => 1
  | S q => rising d q * (d + 2 * INR q)
  end.

(* The polynomial functions: what constants and u generate. *)
Inductive polynomial : (R -> R) -> Prop :=
  | polynomial_constant : forall c : R, polynomial (fun _ => c)
  | polynomial_variable : polynomial (fun u => u)
  | polynomial_sum : forall f g, polynomial f -> polynomial g -> polynomial (fun u => f u + g u)
  | polynomial_product : forall f g, polynomial f -> polynomial g -> polynomial (fun u => f u * g u).

Lemma polynomial_power : forall k : nat, polynomial (fun u => u ^ k).
Proof.
  induction k as [|k IH]; [apply (polynomial_constant 1)|].
  apply (polynomial_product (fun u => u) (fun u => u ^ k)); [constructor|assumption].
Qed.

Lemma polynomial_P : forall (d : R) (l : nat), polynomial (P d l).
Proof.
  intros d l. induction l as [| |l IH IH'] using two_step; [apply (polynomial_constant 1)|constructor|].
  set (a := (2 * INR (S l) + d - 2) / (INR (S l) + d - 2)). set (b := - INR (S l) / (INR (S l) + d - 2)).
  replace (P d (S (S l))) with (fun u => a * (u * P d (S l) u) + b * P d l u).
  - apply (polynomial_sum (fun u => a * (u * P d (S l) u)) (fun u => b * P d l u)).
    + apply (polynomial_product (fun _ => a) (fun u => u * P d (S l) u)); [constructor|].
      apply (polynomial_product (fun u => u) (P d (S l))); [constructor|assumption].
    + apply (polynomial_product (fun _ => b) (P d l)); [constructor|assumption].
  - apply functional_extensionality. intro u. rewrite P_step. unfold a, b, Rdiv. ring.
Qed.

(* Linear on polynomials. *)
Definition linear (E : (R -> R) -> R) : Prop :=
  forall (a b : R) (f g : R -> R), polynomial f -> polynomial g ->
  E (fun u => a * f u + b * g u) = a * E f + b * E g.

Ltac poly :=
  lazymatch goal with
  | |- polynomial (fun u => @?f u + @?g u) => apply (polynomial_sum f g); poly
  | |- polynomial (fun u => @?f u * @?g u) => apply (polynomial_product f g); poly
  | |- polynomial (fun u => u ^ ?k) => apply (polynomial_power k)
  | |- polynomial (fun u => P ?d ?l u) => apply (polynomial_P d l)
  | |- polynomial (P ?d ?l) => apply (polynomial_P d l)
  | |- polynomial (fun u => u) => apply polynomial_variable
  | |- polynomial (fun _ => ?c) => apply (polynomial_constant c)
  | |- _ => try assumption
  end.

(* A linear functional on polynomials, used on functions that agree with a combination. *)
Lemma combine : forall E : (R -> R) -> R,
  linear E ->
  forall (a b : R) (h f g : R -> R), polynomial f -> polynomial g -> (forall u, h u = a * f u + b * g u) ->
  E h = a * E f + b * E g.
Proof.
  intros E Lin a b h f g Hf Hg H. unfold linear in Lin. rewrite <- Lin by assumption. f_equal.
  apply functional_extensionality. assumption.
Qed.

Lemma combine_sum : forall E : (R -> R) -> R,
  linear E ->
  forall (a : nat -> R) (f : nat -> R -> R) (L : nat), (forall l, polynomial (f l)) ->
  polynomial (fun u => sum_f_R0 (fun l => a l * f l u) L)
  /\ E (fun u => sum_f_R0 (fun l => a l * f l u) L) = sum_f_R0 (fun l => a l * E (f l)) L.
Proof.
  intros E Lin a f L Hf. induction L as [|L [IHp IHE]]; simpl.
  - split; [poly; apply Hf|].
    rewrite (combine E Lin (a 0%nat) 0 _ (f 0%nat) (f 0%nat)); [ring|apply Hf|apply Hf|intro u; ring].
  - split; [poly; apply Hf|].
    rewrite (combine E Lin 1 (a (S L)) _ (fun u => sum_f_R0 (fun l => a l * f l u) L) (f (S L)));
      [rewrite IHE; ring|assumption|apply Hf|intro u; ring].
Qed.

(* E[u^k P_{l+1}] from the recurrence. *)
Lemma moment_step : forall (d : R) (E : (R -> R) -> R), 2 < d ->
  linear E ->
  forall (l : nat) (f : R -> R), polynomial f ->
  (INR l + d - 2) * E (fun u => f u * P d (l + 1) u)
  = (2 * INR l + d - 2) * E (fun u => u * f u * P d l u) - INR l * E (fun u => f u * P d (l - 1) u).
Proof.
  intros d E Hd Lin l f Hf. pose proof (pos_INR l).
  rewrite (combine E Lin ((2 * INR l + d - 2) / (INR l + d - 2)) (- INR l / (INR l + d - 2))
    (fun u => f u * P d (l + 1) u) (fun u => u * f u * P d l u) (fun u => f u * P d (l - 1) u)).
  - field. lra.
  - poly.
  - poly.
  - intro u. pose proof (recurrence d l u Hd) as R0.
    apply (Rmult_eq_reg_l (INR l + d - 2)); [|lra].
    transitivity (f u * ((INR l + d - 2) * P d (l + 1) u)); [ring|]. rewrite R0. field. lra.
Qed.

(* Integration by parts against u^k P_l: (k+l+d-1) E[u^{k+1} P_l] = k E[u^{k-1} P_l] + l E[u^k P_{l-1}]. *)
Lemma by_parts_P : forall (d : R) (E : (R -> R) -> R), 2 < d ->
  linear E ->
  (forall k : nat, (INR k + d - 1) * E (fun u => u ^ (k + 1)) = INR k * E (fun u => u ^ (k - 1))) ->
  forall l k : nat,
  (INR k + INR l + d - 1) * E (fun u => u ^ (k + 1) * P d l u)
  = INR k * E (fun u => u ^ (k - 1) * P d l u) + INR l * E (fun u => u ^ k * P d (l - 1) u).
Proof.
  intros d E Hd Lin Rec l.
  set (a := fun k l => E (fun u => u ^ k * P d l u)).
  assert (A0 : forall k, a k 0%nat = E (fun u => u ^ k)).
  { intro k. unfold a. f_equal. apply functional_extensionality. intro u. simpl. ring. }
  assert (Step : forall k l, (INR l + d - 2) * a k (l + 1)%nat
    = (2 * INR l + d - 2) * a (k + 1)%nat l - INR l * a k (l - 1)%nat).
  { intros k i. unfold a. rewrite (moment_step d E Hd Lin i (fun u => u ^ k) (polynomial_power k)).
    do 3 f_equal. apply functional_extensionality. intro u. rewrite pow_add. simpl. ring. }
  change (forall k, (INR k + INR l + d - 1) * a (k + 1)%nat l
    = INR k * a (k - 1)%nat l + INR l * a k (l - 1)%nat).
  assert (A1 : forall k, a k 1%nat = a (k + 1)%nat 0%nat).
  { intro k. unfold a. f_equal. apply functional_extensionality. intro u. rewrite pow_add. simpl. ring. }
  induction l as [| |l IH IH'] using two_step; intro k.
  - rewrite !A0. simpl (INR 0). rewrite Rplus_0_r, Rec. ring.
  - rewrite !A1. simpl (INR 1). simpl (1 - 1)%nat.
    assert (INR k * a (k - 1 + 1)%nat 0%nat = INR k * a k 0%nat) as ->.
    { destruct k; [simpl; ring|]. do 2 f_equal. lia. }
    pose proof (Rec (k + 1)%nat) as R1. rewrite <- !A0 in R1. rewrite plus_INR in R1. simpl (INR 1) in R1.
    replace (k + 1 - 1)%nat with k in R1 by lia. lra.
  - pose proof (Step (k + 1)%nat (S l)) as S1. pose proof (Step (k - 1)%nat (S l)) as S2. pose proof (Step k l) as S3.
    pose proof (IH' (k + 1)%nat) as I1. pose proof (IH k) as I2.
    replace (S (S l) - 1)%nat with (S l) by lia. replace (S l - 1)%nat with l in * by lia.
    replace (S l + 1)%nat with (S (S l)) in * by lia. replace (l + 1)%nat with (S l) in * by lia.
    replace (k + 1 - 1)%nat with k in * by lia.
    assert (K : INR k * a (k - 1 + 1)%nat (S l) = INR k * a k (S l)).
    { destruct k; [simpl; ring|]. do 2 f_equal. lia. }
    rewrite plus_INR in I1. change (INR 1) with 1 in I1. rewrite !S_INR in *. pose proof (pos_INR l) as Hl.
    set (x := INR l) in *. set (y := INR k) in *.
    set (a1 := a (k + 1)%nat (S (S l))) in *. set (a2 := a (k - 1)%nat (S (S l))) in *.
    set (b1 := a (k + 1 + 1)%nat (S l)) in *. set (b2 := a (k - 1 + 1)%nat (S l)) in *. set (b3 := a k (S l)) in *.
    set (c1 := a (k + 1)%nat l) in *. set (c2 := a (k - 1)%nat l) in *. set (e := a k (l - 1)%nat) in *.
    apply (Rmult_eq_reg_l (x + 1 + d - 2)); [|lra].
    transitivity ((y + (x + 1 + 1) + d - 1) * ((x + 1 + d - 2) * a1)); [ring|].
    transitivity (y * ((x + 1 + d - 2) * a2) + (x + 1 + 1) * ((x + 1 + d - 2) * b3)); [|ring].
    rewrite S1, S2.
    transitivity ((2 * (x + 1) + d - 2) * ((y + 1 + (x + 1) + d - 1) * b1)
      - (x + 1) * ((y + x + d - 1) * c1) - 2 * (x + 1) * c1); [ring|].
    rewrite I1, I2.
    replace (x * e) with ((2 * x + d - 2) * c1 - (x + d - 2) * b3) by lra.
    replace (y * ((2 * (x + 1) + d - 2) * b2 - (x + 1) * c2)) with
      ((2 * (x + 1) + d - 2) * (y * b2) - (x + 1) * (y * c2)) by ring.
    rewrite K. ring.
Qed.

(* E P_l = 0 for l >= 1. *)
Lemma P_centred : forall (d : R) (E : (R -> R) -> R), 2 < d ->
  linear E ->
  (forall k : nat, (INR k + d - 1) * E (fun u => u ^ (k + 1)) = INR k * E (fun u => u ^ (k - 1))) ->
  forall l : nat, E (P d (S l)) = 0.
Proof.
  intros d E Hd Lin Rec l.
  assert (A0 : forall i, E (fun u => u ^ 0 * P d i u) = E (P d i)).
  { intro i. f_equal. apply functional_extensionality. intro u. simpl. ring. }
  assert (H0 : E (P d 1) = 0).
  { pose proof (Rec 0%nat) as R0. simpl INR in R0. replace (P d 1) with (fun u : R => u ^ (0 + 1)); [nra|].
    apply functional_extensionality. intro u. simpl. ring. }
  assert (Step : forall i,
    (INR (S i) + d - 1) * (INR (S i) + d - 2) * E (P d (S (S i))) = INR (S i) * INR i * E (P d i)).
  { intro i. pose proof (by_parts_P d E Hd Lin Rec (S i) 0%nat) as B1.
    pose proof (moment_step d E Hd Lin (S i) (fun u => u ^ 0) (polynomial_power 0)) as M.
    replace (S i - 1)%nat with i in * by lia. replace (S i + 1)%nat with (S (S i)) in M by lia.
    rewrite (A0 i) in B1. rewrite !A0 in M.
    replace (fun u => u * u ^ 0 * P d (S i) u) with (fun u => u ^ (0 + 1) * P d (S i) u) in M
      by (apply functional_extensionality; intro u; simpl; ring).
    set (y := E (fun u => u ^ (0 + 1) * P d (S i) u)) in *. simpl (INR 0) in B1.
    rewrite Rmult_assoc, M.
    transitivity ((2 * INR (S i) + d - 2) * ((0 + INR (S i) + d - 1) * y)
      - (INR (S i) + d - 1) * (INR (S i) * E (P d i))); [ring|].
    rewrite B1, S_INR. ring. }
  assert (Zero : forall i, INR (S i) * INR i * E (P d i) = 0 -> E (P d (S (S i))) = 0).
  { intros i Hi. pose proof (Step i) as T. rewrite Hi in T. pose proof (INR_S_pos i).
    apply Rmult_integral in T. destruct T as [T|T]; [|assumption]. nra. }
  induction l as [| |l IH IH'] using two_step; [assumption| |].
  - apply Zero. simpl. ring.
  - apply Zero. rewrite IH. ring.
Qed.

(* Orthogonality for every real d > 2 and all degrees: a linear functional on polynomials with the moments
   E u^{2p} = 1*3*...*(2p-1) / (d (d+2) ... (d+2p-2)) and E u^{2p+1} = 0 has E P_j P_l = 1/B(d,l) if j = l, else 0. *)
Theorem orthogonality_from_moments : forall (d : R) (E : (R -> R) -> R), 2 < d ->
  linear E ->
  (forall p : nat, E (fun u => u ^ (2 * p)) = double_factorial p / rising d p) ->
  (forall p : nat, E (fun u => u ^ (2 * p + 1)) = 0) ->
  forall j l : nat, E (fun u => P d j u * P d l u) = if Nat.eqb j l then / B d l else 0.
Proof.
  intros d E Hd Lin Even Odd.
  assert (Rise : forall p, 0 < rising d p).
  { induction p as [|p IH]; simpl; [lra|]. pose proof (pos_INR p). apply Rmult_lt_0_compat; lra. }
  assert (Rec : forall k : nat, (INR k + d - 1) * E (fun u => u ^ (k + 1)) = INR k * E (fun u => u ^ (k - 1))).
  { intro k. destruct (Nat.Even_or_Odd k) as [[p ->]|[p ->]].
    - rewrite Odd. destruct p as [|p]; [simpl; ring|].
      replace (2 * S p - 1)%nat with (2 * p + 1)%nat by lia. rewrite Odd. ring.
    - replace (2 * p + 1 + 1)%nat with (2 * S p)%nat by lia. replace (2 * p + 1 - 1)%nat with (2 * p)%nat by lia.
      rewrite !Even. cbn [double_factorial rising]. rewrite plus_INR, mult_INR.
      change (INR 2) with 2. change (INR 1) with 1.
      pose proof (Rise p). pose proof (pos_INR p). field. split; lra. }
  assert (One : E (fun _ => 1) = 1).
  { transitivity (double_factorial 0 / rising d 0); [exact (Even 0%nat)|simpl; field]. }
  set (delta := fun j l : nat => if Nat.eqb j l then / B d l else 0).
  assert (Base : forall l, E (fun u => P d 0 u * P d l u) = delta 0%nat l).
  { intros [|l].
    - replace (fun u => P d 0 u * P d 0 u) with (fun _ : R => 1)
        by (apply functional_extensionality; intro; simpl; ring).
      rewrite One. unfold delta. simpl. field.
    - replace (fun u => P d 0 u * P d (S l) u) with (P d (S l))
        by (apply functional_extensionality; intro; simpl; ring).
      apply P_centred; assumption. }
  assert (Step : forall j, (forall l, E (fun u => P d j u * P d l u) = delta j l) ->
    (forall l, E (fun u => P d (j - 1) u * P d l u) = delta (j - 1)%nat l) ->
    forall l, E (fun u => P d (S j) u * P d l u) = delta (S j) l).
  { intros j H1 H0 l.
    assert (Swap : forall f i, E (fun u => P d i u * f u) = E (fun u => f u * P d i u)).
    { intros f i. f_equal. apply functional_extensionality. intro u. ring. }
    pose proof (moment_step d E Hd Lin j (P d l) (polynomial_P d l)) as M1.
    pose proof (moment_step d E Hd Lin l (P d j) (polynomial_P d j)) as M2.
    replace (j + 1)%nat with (S j) in M1 by lia. rewrite <- !(Swap (P d l)), H0 in M1. rewrite !H1 in M2.
    replace (fun u => u * P d j u * P d l u) with (fun u => u * P d l u * P d j u) in M2
      by (apply functional_extensionality; intro; ring).
    set (y := E (fun u => u * P d l u * P d j u)) in *. set (z := E (fun u => P d (S j) u * P d l u)) in *.
    pose proof (pos_INR j) as Hj. pose proof (pos_INR l) as Hl.
    assert (Hz : z = ((2 * INR j + d - 2) * (((INR l + d - 2) * delta j (l + 1)%nat + INR l * delta j (l - 1)%nat)
      / (2 * INR l + d - 2)) - INR j * delta (j - 1)%nat l) / (INR j + d - 2)).
    { replace ((INR l + d - 2) * delta j (l + 1)%nat + INR l * delta j (l - 1)%nat)
        with ((2 * INR l + d - 2) * y) by lra.
      replace ((2 * INR j + d - 2) * ((2 * INR l + d - 2) * y / (2 * INR l + d - 2)) - INR j * delta (j - 1)%nat l)
        with ((INR j + d - 2) * z) by (rewrite M1; field; lra).
      field. lra. }
    rewrite Hz. clear - Hd Hj Hl. unfold delta.
    assert (Pos : forall i, 0 < B d i) by (intro i; apply B_positive; assumption).
    destruct (Nat.eq_dec l (S j)) as [->|N1].
    - replace (S j - 1)%nat with j by lia. rewrite !Nat.eqb_refl.
      assert (Nat.eqb j (S j + 1) = false) as -> by (apply Nat.eqb_neq; lia).
      assert (Nat.eqb (j - 1) (S j) = false) as -> by (apply Nat.eqb_neq; lia).
      rewrite B_step by assumption. rewrite S_INR. pose proof (Pos j). field. repeat split; lra.
    - assert (Nat.eqb (S j) l = false) as -> by (apply Nat.eqb_neq; lia).
      destruct (Nat.eq_dec j (l + 1)) as [->|N2].
      + replace (l + 1 - 1)%nat with l by lia. replace (l + 1)%nat with (S l) in * by lia. rewrite !Nat.eqb_refl.
        assert (Nat.eqb (S l) (l - 1) = false) as -> by (apply Nat.eqb_neq; lia).
        rewrite B_step by assumption. rewrite S_INR in *. pose proof (Pos l). field. repeat split; lra.
      + assert (Nat.eqb j (l + 1) = false) as -> by (apply Nat.eqb_neq; lia).
        assert (INR l * (if Nat.eqb j (l - 1) then / B d (l - 1) else 0) = 0) as ->.
        { destruct l as [|l]; [simpl; ring|].
          assert (Nat.eqb j (S l - 1) = false) as -> by (apply Nat.eqb_neq; lia). ring. }
        assert (INR j * (if Nat.eqb (j - 1) l then / B d l else 0) = 0) as ->.
        { destruct j as [|j]; [simpl; ring|].
          assert (Nat.eqb (S j - 1) l = false) as -> by (apply Nat.eqb_neq; lia). ring. }
        unfold Rdiv. ring. }
  fold delta. intro j.
  induction j as [| |j IH IH'] using two_step; intro l; [apply Base|apply (Step 0%nat); intro; apply Base|].
  apply (Step (S j)); [exact IH'|]. replace (S j - 1)%nat with j by lia. exact IH.
Qed.

(* The fundamental theorem of calculus with derivatives inside the interval only. *)
Lemma integral_of_derivative : forall (F f : R -> R) (a b : R), a < b ->
  (forall x, continuous f x) -> (forall x, continuous F x) -> (forall x, a < x < b -> is_derive F x (f x)) ->
  RInt f a b = F b - F a.
Proof.
  intros F f a b Hab Cf CF HF.
  assert (DG : forall x, is_derive (RInt f a) x (f x)).
  { intro x. apply (is_derive_RInt f (RInt f a) a x); [|apply Cf].
    apply filter_forall. intro y. apply (RInt_correct f a y), (ex_RInt_continuous f). intros z _. apply Cf. }
  destruct (MVT_gen (fun x => F x - RInt f a x) a b (fun _ => 0)) as [c [_ E]].
  - rewrite Rmin_left, Rmax_right by lra. intros x Hx. replace 0 with (f x - f x) by ring.
    apply (is_derive_minus F (RInt f a)); [apply HF; assumption|apply DG].
  - intros x _. apply continuity_pt_filterlim. apply (continuous_minus F (RInt f a)); [apply CF|].
    apply (ex_derive_continuous (RInt f a)). eexists. apply DG.
  - rewrite RInt_point in E. unfold zero in E. simpl in E. lra.
Qed.

Lemma polynomial_continuous : forall f : R -> R, polynomial f -> forall x, continuous f x.
Proof.
  intros f Hf. induction Hf as [c| |f g _ IHf _ IHg|f g _ IHf _ IHg]; intro x.
  - apply continuous_const.
  - apply continuous_id.
  - apply (continuous_plus f g); auto.
  - apply (continuous_mult f g); auto.
Qed.

Lemma weight_continuous : forall (q : nat) (x : R), continuous (fun u => sqrt (1 - u ^ 2) ^ q) x.
Proof.
  intros q x. assert (C : continuous (fun u => sqrt (1 - u ^ 2)) x).
  { apply (continuous_comp (fun u => 1 - u ^ 2) sqrt); [|apply continuous_sqrt].
    apply (ex_derive_continuous (fun u : R => 1 - u ^ 2)). auto_derive. trivial. }
  induction q as [|q IH]; simpl; [apply continuous_const|].
  apply (continuous_mult (fun u => sqrt (1 - u ^ 2)) (fun u => sqrt (1 - u ^ 2) ^ q)); assumption.
Qed.

Lemma weighted_continuous : forall (q : nat) (f : R -> R), polynomial f ->
  forall x, continuous (fun u => f u * sqrt (1 - u ^ 2) ^ q) x.
Proof.
  intros q f Hf x. apply (continuous_mult f (fun u => sqrt (1 - u ^ 2) ^ q));
    [apply polynomial_continuous; assumption|apply weight_continuous].
Qed.

(* The weight has positive mass, so the mean is a quotient by a positive number. *)
Theorem mass_positive : forall d : nat, 0 < RInt (fun u => sqrt (1 - u ^ 2) ^ (d - 3)) (-1) 1.
Proof.
  intro d. apply RInt_gt_0; [lra| |intros x _; apply weight_continuous].
  intros x Hx. apply pow_lt, sqrt_lt_R0. nra.
Qed.

(* The mean is linear on polynomials, and E 1 = 1. *)
Theorem mean_linear : forall (d : nat) (a b : R) (f g : R -> R), polynomial f -> polynomial g ->
  mean d (fun u => a * f u + b * g u) = a * mean d f + b * mean d g.
Proof.
  intros d a b f g Hf Hg. pose proof (mass_positive d) as M. unfold mean.
  set (w := fun u => sqrt (1 - u ^ 2) ^ (d - 3)).
  assert (X : forall h, polynomial h -> ex_RInt (fun u => h u * w u) (-1) 1).
  { intros h Hh. apply (ex_RInt_continuous (fun u => h u * w u)). intros z _. apply weighted_continuous. assumption. }
  rewrite (RInt_ext _ (fun u => plus (scal a (f u * w u)) (scal b (g u * w u)))).
  2: { intros u _. change ((a * f u + b * g u) * w u = a * (f u * w u) + b * (g u * w u)). ring. }
  rewrite (RInt_plus (fun u => scal a (f u * w u)) (fun u => scal b (g u * w u)));
    [|apply (ex_RInt_scal (fun u => f u * w u)), X, Hf|apply (ex_RInt_scal (fun u => g u * w u)), X, Hg].
  rewrite (RInt_scal (fun u => f u * w u)), (RInt_scal (fun u => g u * w u)) by (apply X; assumption).
  change (fun u => sqrt (1 - u ^ 2) ^ (d - 3)) with w.
  change ((a * RInt (fun u => f u * w u) (-1) 1 + b * RInt (fun u => g u * w u) (-1) 1) / RInt w (-1) 1
    = a * (RInt (fun u => f u * w u) (-1) 1 / RInt w (-1) 1)
      + b * (RInt (fun u => g u * w u) (-1) 1 / RInt w (-1) 1)).
  unfold Rdiv. ring.
Qed.

Theorem mean_one : forall d : nat, mean d (fun _ => 1) = 1.
Proof.
  intro d. pose proof (mass_positive d) as M. unfold mean.
  rewrite (RInt_ext (fun u => 1 * sqrt (1 - u ^ 2) ^ (d - 3)) (fun u => sqrt (1 - u ^ 2) ^ (d - 3)))
    by (intros u _; apply Rmult_1_l).
  field. lra.
Qed.

(* Integration by parts with sqrt(1-u^2)^(d-1), which vanishes at both ends:
   (k+d-1) E u^{k+1} = k E u^{k-1}; at k = 0: E u = 0. *)
Theorem moment_recurrence : forall d k : nat, (3 <= d)%nat ->
  (INR k + INR d - 1) * mean d (fun u => u ^ (k + 1)) = INR k * mean d (fun u => u ^ (k - 1)).
Proof.
  intros d k Hd.
  assert (Z : mean d (fun u => INR k * u ^ (k - 1) + - (INR k + INR d - 1) * u ^ (k + 1)) = 0).
  { unfold mean. apply Rmult_eq_0_compat_r.
    rewrite (integral_of_derivative (fun u => u ^ k * sqrt (1 - u ^ 2) ^ (d - 1))).
    - replace (1 - 1 ^ 2) with 0 by ring. replace (1 - (-1) ^ 2) with 0 by ring.
      rewrite sqrt_0, pow_i by lia. ring.
    - lra.
    - apply weighted_continuous. poly.
    - apply weighted_continuous. poly.
    - intros x Hx. assert (Hs : 0 < 1 - x ^ 2) by nra. pose proof (sqrt_lt_R0 _ Hs) as S0.
      pose proof (sqrt_sqrt _ (Rlt_le _ _ Hs)) as S2.
      destruct d as [|[|[|q]]]; try lia. replace (S (S (S q)) - 3)%nat with q by lia.
      replace (S (S (S q)) - 1)%nat with (S (S q)) by lia.
      auto_derive; [assumption|]. replace (x * (x * 1)) with (x ^ 2) by ring.
      replace (1 + - x ^ 2) with (1 - x ^ 2) by ring. set (s := sqrt (1 - x ^ 2)) in *.
      change (match q with 0%nat => 1 | S _ => INR q + 1 end) with (INR (S q)).
      replace (Init.Nat.pred k) with (k - 1)%nat by lia.
      assert (K : INR k * x ^ (k - 1) * x ^ 2 = INR k * x ^ (k + 1)).
      { destruct k as [|k]; [simpl; ring|]. rewrite Rmult_assoc, <- pow_add. do 2 f_equal. lia. }
      transitivity (INR k * x ^ (k - 1) * (s * s) * s ^ q - x ^ k * x * (INR (S q) + 1) * s ^ q).
      { field. lra. }
      rewrite S2, pow_add, !S_INR. rewrite pow_add in K.
      transitivity ((INR k * x ^ (k - 1) - INR k * x ^ (k - 1) * x ^ 2 - x ^ k * x * (INR q + 1 + 1)) * s ^ q);
        [ring|].
      rewrite K. ring. }
  rewrite mean_linear in Z by poly. lra.
Qed.

(* E u^{2p} = 1*3*...*(2p-1) / (d (d+2) ... (d+2p-2)) and E u^{2p+1} = 0. *)
Theorem moments : forall d p : nat, (3 <= d)%nat ->
  mean d (fun u => u ^ (2 * p)) = double_factorial p / rising (INR d) p
  /\ mean d (fun u => u ^ (2 * p + 1)) = 0.
Proof.
  intros d p Hd. assert (H3 : 3 <= INR d) by (apply (le_INR 3) in Hd; simpl in Hd; lra).
  assert (Rise : forall i, 0 < rising (INR d) i).
  { induction i as [|i IH]; simpl; [lra|]. pose proof (pos_INR i). apply Rmult_lt_0_compat; lra. }
  split; induction p as [|p IH].
  - replace (double_factorial 0 / rising (INR d) 0) with 1 by (simpl; field). apply mean_one.
  - pose proof (moment_recurrence d (2 * p + 1) Hd) as R1.
    replace (2 * p + 1 + 1)%nat with (2 * S p)%nat in R1 by lia.
    replace (2 * p + 1 - 1)%nat with (2 * p)%nat in R1 by lia.
    rewrite IH in R1. rewrite plus_INR, mult_INR in R1. change (INR 2) with 2 in R1. change (INR 1) with 1 in R1.
    pose proof (pos_INR p) as Hp. pose proof (Rise p) as Rp. cbn [double_factorial rising].
    apply (Rmult_eq_reg_l (2 * INR p + 1 + INR d - 1)); [|lra]. rewrite R1. field. split; lra.
  - pose proof (moment_recurrence d 0 Hd) as R1. simpl (INR 0) in R1. simpl (0 + 1)%nat in R1. simpl (2 * 0 + 1)%nat.
    nra.
  - pose proof (moment_recurrence d (2 * p + 2) Hd) as R1.
    replace (2 * p + 2 + 1)%nat with (2 * S p + 1)%nat in R1 by lia.
    replace (2 * p + 2 - 1)%nat with (2 * p + 1)%nat in R1 by lia.
    rewrite IH in R1. pose proof (pos_INR (2 * p + 2)). nra.
Qed.

(* Orthogonality in the law, every dimension d >= 3 and all degrees: E P_j(u) P_l(u) = 1/B(d,l) if j = l, else 0. *)
Theorem orthogonality : forall d j l : nat, (3 <= d)%nat ->
  mean d (fun u => P (INR d) j u * P (INR d) l u) = if Nat.eqb j l then / B (INR d) l else 0.
Proof.
  intros d j l Hd. assert (H3 : 3 <= INR d) by (apply (le_INR 3) in Hd; simpl in Hd; lra).
  pose proof (orthogonality_from_moments (INR d) (mean d) ltac:(lra) (mean_linear d)
    (fun p => proj1 (moments d p Hd)) (fun p => proj2 (moments d p Hd))) as E.
  rewrite E. destruct (Nat.eqb j l); ring.
Qed.

(* Sum of a sequence that is 0 but at one index. *)
Lemma sum_single : forall (a : nat -> R) (n j : nat), (j <= n)%nat -> (forall i, i <> j -> a i = 0) ->
  sum_f_R0 a n = a j.
Proof.
  intros a n j Hj H. induction n as [|n IH].
  - replace j with 0%nat by lia. reflexivity.
  - simpl. destruct (Nat.eq_dec j (S n)) as [->|N].
    + rewrite (sum_eq a (fun _ => 0)), sum_cte; [ring|]. intros i Hi. apply H. lia.
    + rewrite IH, (H (S n)) by lia. ring.
Qed.

Lemma mean_of_expansion : forall (d : nat) (a : nat -> R) (L j : nat), (3 <= d)%nat -> (j <= L)%nat ->
  mean d (fun u => sum_f_R0 (fun l => a l * P (INR d) l u) L * P (INR d) j u) = a j / B (INR d) j.
Proof.
  intros d a L j Hd Hj.
  replace (fun u => sum_f_R0 (fun l => a l * P (INR d) l u) L * P (INR d) j u)
    with (fun u => sum_f_R0 (fun l => a l * (P (INR d) l u * P (INR d) j u)) L).
  - destruct (combine_sum (mean d) (mean_linear d) a (fun l u => P (INR d) l u * P (INR d) j u) L) as [_ ->].
    { intro l. poly. }
    rewrite (sum_single _ L j Hj).
    + rewrite orthogonality, Nat.eqb_refl by assumption. reflexivity.
    + intros i Hi. rewrite orthogonality by assumption.
      assert (Nat.eqb i j = false) as -> by (apply Nat.eqb_neq; lia). ring.
  - apply functional_extensionality. intro u. rewrite Rmult_comm, scal_sum. apply sum_eq. intros. ring.
Qed.

(* Every polynomial of degree <= l is a combination of P_0, ..., P_l. *)
Lemma spanned : forall (d : R) (l : nat) (c : nat -> R), 2 < d ->
  exists b : nat -> R, forall u : R, sum_f_R0 (fun i => c i * u ^ i) l = sum_f_R0 (fun j => b j * P d j u) l.
Proof.
  intros d l c Hd. revert c. induction l as [|l IH]; intro c.
  - exists c. intro u. reflexivity.
  - destruct (degree d (S l) Hd) as [k [Hk E]].
    destruct (IH (fun i => c i - c (S l) / k (S l) * k i)) as [b Hb].
    exists (fun j => if Nat.leb j l then b j else c (S l) / k (S l)). intro u.
    rewrite !tech5, E, tech5.
    replace (Nat.leb (S l) l) with false by (symmetry; apply Nat.leb_gt; lia).
    rewrite (sum_eq (fun j => (if Nat.leb j l then b j else c (S l) / k (S l)) * P d j u) (fun j => b j * P d j u))
      by (intros j Hj; apply Nat.leb_le in Hj; rewrite Hj; reflexivity).
    rewrite <- Hb.
    rewrite (sum_eq (fun i => (c i - c (S l) / k (S l) * k i) * u ^ i)
      (fun i => (1 * (c i * u ^ i) - c (S l) / k (S l) * (k i * u ^ i)) / 1)) by (intros i _; field; lra).
    rewrite sum_combine. field. lra.
Qed.

(* P_l is orthogonal to every lower power. *)
Lemma orthogonal_to_lower : forall d l i : nat, (3 <= d)%nat -> (i < l)%nat ->
  mean d (fun u => P (INR d) l u * u ^ i) = 0.
Proof.
  intros d l i Hd Hi. assert (H3 : 3 <= INR d) by (apply (le_INR 3) in Hd; simpl in Hd; lra).
  destruct (spanned (INR d) i (fun k => if Nat.eqb k i then 1 else 0) ltac:(lra)) as [b Hb].
  replace (fun u => P (INR d) l u * u ^ i)
    with (fun u => sum_f_R0 (fun j => b j * (P (INR d) j u * P (INR d) l u)) i).
  - destruct (combine_sum (mean d) (mean_linear d) b (fun j u => P (INR d) j u * P (INR d) l u) i) as [_ ->].
    { intro j. poly. }
    rewrite (sum_eq _ (fun _ => 0)), sum_cte; [ring|]. intros j Hj. rewrite orthogonality by assumption.
    assert (Nat.eqb j l = false) as -> by (apply Nat.eqb_neq; lia). ring.
  - apply functional_extensionality. intro u.
    assert (E : u ^ i = sum_f_R0 (fun j => b j * P (INR d) j u) i).
    { rewrite <- Hb, (sum_single _ i i (le_n i)); [rewrite Nat.eqb_refl; ring|].
      intros k Hk. apply Nat.eqb_neq in Hk. rewrite Hk. ring. }
    rewrite E, scal_sum. apply sum_eq. intros. ring.
Qed.

(* P_l is the one polynomial of degree <= l that is orthogonal to every lower power and has the value 1 at 1. *)
Theorem characterised : forall (d l : nat) (c : nat -> R), (3 <= d)%nat ->
  ((forall u : R, sum_f_R0 (fun k => c k * u ^ k) l = P (INR d) l u) <->
   sum_f_R0 (fun k => c k * 1 ^ k) l = 1 /\
   forall i : nat, (i < l)%nat -> mean d (fun u => sum_f_R0 (fun k => c k * u ^ k) l * u ^ i) = 0).
Proof.
  intros d l c Hd. assert (H3 : 3 <= INR d) by (apply (le_INR 3) in Hd; simpl in Hd; lra).
  set (f := fun v => sum_f_R0 (fun k => c k * v ^ k) l).
  split.
  { intro H. split; [rewrite H; apply value_at_one; lra|]. intros i Hi.
    rewrite <- (orthogonal_to_lower d l i Hd ltac:(lia)). f_equal. apply functional_extensionality. intro v.
    rewrite H. reflexivity. }
  intros [One Orth] u. change (f 1 = 1) in One. change (f u = P (INR d) l u).
  destruct (spanned (INR d) l c ltac:(lra)) as [b Hb].
  assert (Pf : polynomial f).
  { apply (combine_sum (mean d) (mean_linear d) c (fun k v => v ^ k) l). intro k. poly. }
  (* the coefficients below degree l vanish *)
  assert (Z : forall j, (j < l)%nat -> b j = 0).
  { intros j Hj. pose proof (mean_of_expansion d b l j Hd ltac:(lia)) as E. pose proof (B_positive (INR d) j).
    replace (fun v => sum_f_R0 (fun i => b i * P (INR d) i v) l * P (INR d) j v)
      with (fun v => f v * P (INR d) j v) in E
      by (apply functional_extensionality; intro v; unfold f; rewrite Hb; reflexivity).
    destruct (degree (INR d) j ltac:(lra)) as [k [_ Ek]].
    replace (fun v => f v * P (INR d) j v) with (fun v => sum_f_R0 (fun i => k i * (f v * v ^ i)) j) in E
      by (apply functional_extensionality; intro v; rewrite Ek, scal_sum; apply sum_eq; intros; ring).
    destruct (combine_sum (mean d) (mean_linear d) k (fun i v => f v * v ^ i) j) as [_ F]; [intro i; poly|].
    rewrite F, (sum_eq _ (fun _ => 0)), sum_cte in E
      by (intros i Hi; change (k i * mean d (fun v => f v * v ^ i) = 0); rewrite Orth by lia; ring).
    replace (b j) with (b j / B (INR d) j * B (INR d) j) by (field; lra). rewrite <- E. ring. }
  assert (V : forall v, f v = b l * P (INR d) l v).
  { intro v. unfold f. rewrite Hb. destruct l as [|l]; [reflexivity|].
    rewrite tech5, (sum_eq _ (fun _ => 0)), sum_cte by (intros j Hj; rewrite Z by lia; ring). ring. }
  rewrite V, value_at_one, Rmult_1_r in One by lra. rewrite V, One. ring.
Qed.

(* The eigenvalue is the mean of the kernel times P_j (Funk and Hecke's formula):
   E [ d u (c_0 P_0(u) + ... + c_L P_L(u)) P_j(u) ] = lambda_j for every j. *)
Theorem eigenvalue_is_mean : forall (d : nat) (c : nat -> R) (L j : nat), (3 <= d)%nat ->
  (forall l : nat, (L < l)%nat -> c l = 0) ->
  mean d (fun u => INR d * u * sum_f_R0 (fun l => c l * P (INR d) l u) L * P (INR d) j u) = eigenvalue (INR d) c j.
Proof.
  intros d c L j Hd Hc. assert (H3 : 3 <= INR d) by (apply (le_INR 3) in Hd; simpl in Hd; lra).
  (* more terms of the sum, which are 0 *)
  assert (More : forall n u,
    sum_f_R0 (fun l => c l * P (INR d) l u) (L + n) = sum_f_R0 (fun l => c l * P (INR d) l u) L).
  { intros n u. induction n as [|n IH]; [f_equal; lia|].
    replace (L + S n)%nat with (S (L + n)) by lia. rewrite tech5, IH, Hc by lia. ring. }
  replace (fun u => INR d * u * sum_f_R0 (fun l => c l * P (INR d) l u) L * P (INR d) j u)
    with (fun u => sum_f_R0 (fun i => eigenvalue (INR d) c i * B (INR d) i * P (INR d) i u) (L + j + 1)
      * P (INR d) j u).
  - rewrite (mean_of_expansion d (fun i => eigenvalue (INR d) c i * B (INR d) i)) by lia.
    pose proof (B_positive (INR d) j). field. lra.
  - apply functional_extensionality. intro u.
    rewrite <- (kernel_series (INR d) c (L + j) u), More; [reflexivity|lra|].
    intros l Hl. apply Hc. lia.
Qed.

(* The coefficient mu_j = E g P_j of g = sum of mu_l B(d,l) P_l over l <= L. *)
Theorem coefficient_is_mean : forall (d : nat) (mu : nat -> R) (L j : nat), (3 <= d)%nat -> (j <= L)%nat ->
  mean d (fun u => sum_f_R0 (fun l => mu l * B (INR d) l * P (INR d) l u) L * P (INR d) j u) = mu j.
Proof.
  intros d mu L j Hd Hj. assert (H3 : 3 <= INR d) by (apply (le_INR 3) in Hd; simpl in Hd; lra).
  rewrite (mean_of_expansion d (fun l => mu l * B (INR d) l)) by assumption.
  pose proof (B_positive (INR d) j). field. lra.
Qed.

(* The energy: for g = sum of mu_l B(d,l) P_l over l <= L the mean of g^2 is the sum of c_l = mu_l^2 B(d,l). *)
Theorem energy : forall (d : nat) (mu : nat -> R) (L : nat), (3 <= d)%nat ->
  mean d (fun u => sum_f_R0 (fun l => mu l * B (INR d) l * P (INR d) l u) L ^ 2)
  = sum_f_R0 (fun l => mu l ^ 2 * B (INR d) l) L.
Proof.
  intros d mu L Hd. set (g := fun u => sum_f_R0 (fun l => mu l * B (INR d) l * P (INR d) l u) L).
  assert (Pg : polynomial g).
  { apply (combine_sum (mean d) (mean_linear d) (fun l => mu l * B (INR d) l) (P (INR d)) L). apply polynomial_P. }
  replace (fun u => sum_f_R0 (fun l => mu l * B (INR d) l * P (INR d) l u) L ^ 2)
    with (fun u => sum_f_R0 (fun j => mu j * B (INR d) j * (g u * P (INR d) j u)) L).
  - destruct (combine_sum (mean d) (mean_linear d) (fun j => mu j * B (INR d) j) (fun j u => g u * P (INR d) j u) L)
      as [_ ->].
    { intro l. poly. }
    apply sum_eq. intros j Hj. unfold g. rewrite coefficient_is_mean by assumption. ring.
  - apply functional_extensionality. intro u. fold (g u). simpl. rewrite Rmult_1_r. unfold g at 3.
    rewrite scal_sum. apply sum_eq. intros. ring.
Qed.
