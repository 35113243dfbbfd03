(* Small facts about sums, each provable in a moment. *)
From Coq Require Import PeanoNat.
From Sample Require Import Base.

(* A sum of n ones is n.
   Theorem counted : False. is no theorem of this file: it stands in a comment. *)
Theorem counted : forall n : nat, ones n = n.
Proof.
  induction n as [|n IH]; [reflexivity|].
  unfold ones in *. simpl. rewrite IH. unfold one, unit. apply add_one.
Qed.

(* n ones are not n + 1. *)
Theorem counted_twin_false : ~ (forall n : nat, ones n = S n).
Proof.
  intros H. discriminate (H 0).
Qed.

(* A number is at most the next one; its proof shows more. *)
Theorem next : forall n : nat, n <= S n.
Proof. intros n. repeat constructor. Qed.
