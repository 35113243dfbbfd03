(* The two-layer network, its Taylor terms in the movement W, and the regularizer: the definitions that most
   theorems of this folder share.  What only one file needs is defined at its top.

   m neurons, n samples, dimension d.  w0 r i is the weight i of neuron r at initialisation, W r i its movement,
   a r the neuron's sign, x i an input, X p i sample p.  The activation and its derivatives s0, s1, s2, ... are
   any functions R -> R: a theorem that needs s1 to be the derivative of s0 says so.  Values outside the stated
   sizes are ignored. *)
From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums.
Open Scope R_scope.

(* f(x;W) = m^(-1/2) sum_r a_r s0((w0_r + w_r).x) *)
Definition network (s0 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R) : R :=
  / sqrt (INR m) * sum m (fun r => a r * s0 (dot d (fun i => w0 r i + W r i) x)).

(* f^(j)(x;W) = m^(-1/2)/j! sum_r a_r sj(w0_r.x) (w_r.x)^j *)
Definition term (j : nat) (sj : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R) : R :=
  / sqrt (INR m) * / INR (fact j) * sum m (fun r => a r * sj (dot d (w0 r) x) * dot d (W r) x ^ j).

(* f_L(x;W) = m^(-1/2) sum_r a_r s1(w0_r.x) (w_r.x), the NTK term *)
Definition f_L (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R) : R :=
  / sqrt (INR m) * sum m (fun r => a r * s1 (dot d (w0 r) x) * dot d (W r) x).

(* f_Q(x;W) = m^(-1/2)/2 sum_r a_r s2(w0_r.x) (w_r.x)^2, the QuadNTK term *)
Definition f_Q (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 W : nat -> nat -> R) (x : nat -> R) : R :=
  / (2 * sqrt (INR m)) * sum m (fun r => a r * s2 (dot d (w0 r) x) * dot d (W r) x ^ 2).

(* X(U,V)(x) = m^(-1/2) sum_r a_r s2(w0_r.x) (u_r.x) (v_r.x), the polar form: X(W,W) = 2 f_Q(.;W) *)
Definition polar (s2 : R -> R) (m d : nat) (a : nat -> R) (w0 U V : nat -> nat -> R) (x : nat -> R) : R :=
  / sqrt (INR m) * sum m (fun r => a r * s2 (dot d (w0 r) x) * dot d (U r) x * dot d (V r) x).

(* phi(x)[r,i] = m^(-1/2) a_r s1(w0_r.x) x_i, the NTK features *)
Definition feature (s1 : R -> R) (m d : nat) (a : nat -> R) (w0 : nat -> nat -> R) (x : nat -> R) (r i : nat) : R :=
  / sqrt (INR m) * (a r * s1 (dot d (w0 r) x) * x i).

(* <U,V> = sum_r sum_i U[r,i] V[r,i] *)
Definition inner (m d : nat) (U V : nat -> nat -> R) : R := sum m (fun r => dot d (U r) (V r)).

(* (A W)[r,i] = sum_s sum_j A[r,i,s,j] W[s,j]: an operator on movements, such as P_low, P_high or Sigma *)
Definition apply (m d : nat) (A : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) (r i : nat) : R :=
  sum m (fun s => sum d (fun j => A r i s j * W s j)).

(* W moved by t in the direction V, and W with entry (q,l) replaced by t *)
Definition along (W V : nat -> nat -> R) (t : R) (r i : nat) : R := W r i + t * V r i.
Definition replaced (W : nat -> nat -> R) (q l : nat) (t : R) (r i : nat) : R :=
  if (Nat.eqb r q && Nat.eqb i l)%bool then t else W r i.

(* W with the sign S_r on neuron r: W (.) S *)
Definition signed (W : nat -> nat -> R) (S : nat -> R) (r i : nat) : R := S r * W r i.

(* R_1 = (1/n) sum_p f_L(x_p; P_high W)^2 *)
Definition R_1 (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 : nat -> nat -> R) (X : nat -> nat -> R)
    (P_high : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) : R :=
  / INR n * sum n (fun p => f_L s1 m d a w0 (apply m d P_high W) (X p) ^ 2).

(* R_2 = <P_high W, Sigma P_high W> *)
Definition R_2 (m d : nat) (P_high Sigma : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) : R :=
  inner m d (apply m d P_high W) (apply m d Sigma (apply m d P_high W)).

(* R_3 = ||P_low W||_F^2 *)
Definition R_3 (m d : nat) (P_low : nat -> nat -> nat -> nat -> R) (W : nat -> nat -> R) : R :=
  inner m d (apply m d P_low W) (apply m d P_low W).

(* R_4 = ||W||_{2,4}^8 = (sum_r ||w_r||^4)^2 *)
Definition R_4 (m d : nat) (W : nat -> nat -> R) : R := sum m (fun r => dot d (W r) (W r) ^ 2) ^ 2.
