(* Finite sums of naturals: total n f = f 0 + ... + f (n-1). *)
From Coq Require Import PeanoNat.

(* total n f = f 0 + ... + f (n-1) *)
Fixpoint total (n : nat) (f : nat -> nat) : nat :=
  match n with
  | O => 0
  | S k => total k f + f k
  end.

Definition unused (n : nat) : nat := n.

Definition unit : nat := 1.

(* the function that is 1 everywhere *)
Definition one (k : nat) : nat := unit.

Definition ones (n : nat) : nat := total n one.

Lemma add_one n : n + 1 = S n.
Proof. rewrite Nat.add_comm. reflexivity. Qed.
