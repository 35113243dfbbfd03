(* Interval arithmetic inside the kernel, over floats made of integers (radix 2, mantissas in Z).

   The stock tactic computes with machine floats and trusts axioms about them.  This instance trusts none, as long
   as a precision is stated: use  interval with (i_prec 60, ...).  Import this file after Interval's own. *)
From Coq Require Import Reals.
From Interval Require Export Tactic.
From Interval Require Import Float.Specific_stdz Float.Specific_ops.

Module IntegerFloat := SpecificFloat StdZRadix2.
Module IntegerTactic := IntervalTactic IntegerFloat.
Export IntegerTactic.
