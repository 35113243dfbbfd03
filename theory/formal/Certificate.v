(* Every dual point bounds the regularized second-order objective from below.

   With f = f_L + f_Q, c = 2 t lambda4, b = Phi^T nu + V and
   C_r = m^(-1/2) a_r sum_p nu_p s2(w0_r.x_p) x_p x_p^T,

     1/n sum_p ell_p(f(x_p;W)) + q(W) + lambda4 R_4(W)
       >= - 1/n sum_p ell*_p(n nu_p) - q(W') - lambda4 t^2 + sum_r min_w [b_r.w + 1/2 w^T C_r w + c ||w||^4]

   for all W and W', where V is the gradient at W' of q, a convex quadratic form; and the minimum of neuron r is
   at least -1/2 b_r.y_r - c s_r^2 for every s_r with K_r = C_r + 4 c s_r I positive semidefinite, K_r y_r = b_r.
   The last theorems are the conjugates of the squared loss and of log cosh. *)
From Coq Require Import Reals Lra Lia Arith Psatz.
From Coquelicot Require Import Coquelicot.
From NTK Require Import Sums Model Regularizer Spectral.
Open Scope R_scope.

(* w^T C w *)
Definition form (d : nat) (C : nat -> nat -> R) (w : nat -> R) : R := dot d w (fun i => dot d (C i) w).

(* One neuron beneath the objective: b.w + 1/2 w^T C w + c ||w||^4 *)
Definition neuron (d : nat) (b : nat -> R) (C : nat -> nat -> R) (c : R) (w : nat -> R) : R :=
  dot d b w + / 2 * form d C w + c * dot d w w ^ 2.

(* (Phi^T nu)[r,i] = sum_p nu_p phi(x_p)[r,i] *)
Definition pulled (s1 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (nu : nat -> R) (r i : nat) : R :=
  sum n (fun p => nu p * feature s1 m d a w0 (X p) r i).

(* C_r[i,j] = m^(-1/2) a_r sum_p nu_p s2(w0_r.x_p) x_p[i] x_p[j] *)
Definition bent (s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (nu : nat -> R) (r i j : nat) : R :=
  / sqrt (INR m) * a r * sum n (fun p => nu p * s2 (dot d (w0 r) (X p)) * X p i * X p j).

(* 1/n sum_p ell_p(f_L(x_p;W) + f_Q(x_p;W)): ell_p(z) is the loss of sample p at the prediction z *)
Definition second_order_loss (s1 s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (W : nat -> nat -> R) : R :=
  / INR n * sum n (fun p => ell p (f_L s1 m d a w0 W (X p) + f_Q s2 m d a w0 W (X p))).

(* Bilinearity. *)
Lemma dot_plus_r d u v x : dot d x (fun i => u i + v i) = dot d x u + dot d x v.
Proof. rewrite dot_sym, dot_plus_l, !(dot_sym d x). reflexivity. Qed.

Lemma dot_scal_r d c u x : dot d x (fun i => c * u i) = c * dot d x u.
Proof. rewrite dot_sym, dot_scal_l, (dot_sym d x). reflexivity. Qed.

Lemma dot_double d u C v : dot d u (fun i => dot d (C i) v)
  = sum d (fun i => sum d (fun j => u i * C i j * v j)).
Proof.
  apply sum_ext. intros i _. unfold dot. rewrite <- sum_scal_l. apply sum_ext. intros. ring.
Qed.

Lemma dot_matrix_sym d u C v :
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  dot d u (fun i => dot d (C i) v) = dot d v (fun i => dot d (C i) u).
Proof.
  intros H. rewrite !dot_double, sum_swap. apply sum_ext. intros i Hi. apply sum_ext. intros j Hj.
  rewrite (H i j) by assumption. ring.
Qed.

Lemma form_plus d C u v :
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  form d C (fun i => u i + v i) = form d C u + 2 * dot d u (fun i => dot d (C i) v) + form d C v.
Proof.
  intros H. unfold form.
  rewrite (dot_ext d _ (fun i => u i + v i) _ (fun i => dot d (C i) u + dot d (C i) v))
    by (intros; rewrite ?dot_plus_r; reflexivity).
  rewrite dot_plus_l, !dot_plus_r, (dot_matrix_sym d v C u) by assumption. ring.
Qed.

Lemma dot_square_plus d u v : dot d (fun i => u i + v i) (fun i => u i + v i)
  = dot d u u + 2 * dot d u v + dot d v v.
Proof. rewrite dot_plus_l, !dot_plus_r, (dot_sym d v u). ring. Qed.

Lemma inner_add_l m d U V W : inner m d (fun r i => U r i + V r i) W = inner m d U W + inner m d V W.
Proof. unfold inner. rewrite <- sum_plus. apply sum_ext. intros. apply dot_plus_l. Qed.

Lemma inner_scal_l m d c U W : inner m d (fun r i => c * U r i) W = c * inner m d U W.
Proof. unfold inner. rewrite <- sum_scal_l. apply sum_ext. intros. apply dot_scal_l. Qed.

Lemma inner_add_r m d U V W : inner m d W (fun r i => U r i + V r i) = inner m d W U + inner m d W V.
Proof. rewrite inner_sym, inner_add_l, !(inner_sym m d W). reflexivity. Qed.

Lemma inner_scal_r m d c U W : inner m d W (fun r i => c * U r i) = c * inner m d W U.
Proof. rewrite inner_sym, inner_scal_l, (inner_sym m d W). reflexivity. Qed.

Lemma inner_nonneg m d U : 0 <= inner m d U U.
Proof. apply sum_nonneg. intros. apply dot_nonneg. Qed.

Lemma inner_sum_l m d n c (V : nat -> nat -> nat -> R) W :
  inner m d (fun r i => sum n (fun p => c p * V p r i)) W = sum n (fun p => c p * inner m d (V p) W).
Proof. rewrite inner_sym, inner_sum. apply sum_ext. intros p _. rewrite (inner_sym m d W). reflexivity. Qed.

(* The model in the blocks C_r. *)
Lemma inv_double x : / (2 * x) = / 2 * / x.
Proof.
  destruct (Req_dec x 0) as [->|H]; [|field; assumption].
  rewrite Rmult_0_r. rewrite Rinv_0. ring.
Qed.

Lemma f_Q_form s2 m d a w0 W x :
  f_Q s2 m d a w0 W x =
  / 2 * sum m (fun r => form d (fun i j => / sqrt (INR m) * a r * (s2 (dot d (w0 r) x) * x i * x j)) (W r)).
Proof.
  unfold f_Q. rewrite inv_double, Rmult_assoc. f_equal. rewrite <- sum_scal_l. apply sum_ext. intros r _.
  unfold form. rewrite dot_double. replace (dot d (W r) x ^ 2) with (dot d (W r) x * dot d (W r) x) by ring.
  unfold dot at 2 3. rewrite sum_mult, <- !sum_scal_l. apply sum_ext. intros i _.
  rewrite <- !sum_scal_l. apply sum_ext. intros. ring.
Qed.

Lemma linear_regrouped s1 n m d a w0 X nu W :
  sum n (fun p => nu p * f_L s1 m d a w0 W (X p)) = inner m d (pulled s1 n m d a w0 X nu) W.
Proof.
  unfold pulled. rewrite (inner_sum_l m d n nu (fun p => feature s1 m d a w0 (X p))).
  apply sum_ext. intros p _. rewrite f_L_feature. reflexivity.
Qed.

Lemma quadratic_regrouped s2 n m d a w0 X nu W :
  sum n (fun p => nu p * f_Q s2 m d a w0 W (X p))
    = / 2 * sum m (fun r => form d (bent s2 n m d a w0 X nu r) (W r)).
Proof.
  rewrite (sum_ext n _ (fun p => / 2 * (sum m (fun r =>
    nu p * form d (fun i j => / sqrt (INR m) * a r * (s2 (dot d (w0 r) (X p)) * X p i * X p j)) (W r))))).
  2:{ intros p _. rewrite f_Q_form, sum_scal_l. ring. }
  rewrite sum_scal_l, sum_swap. f_equal. apply sum_ext. intros r _. unfold form. rewrite dot_double.
  rewrite (sum_ext n _ (fun p => sum d (fun i => sum d (fun j => nu p * (W r i *
    (/ sqrt (INR m) * a r * (s2 (dot d (w0 r) (X p)) * X p i * X p j)) * W r j))))).
  2:{ intros p _. rewrite dot_double, <- sum_scal_l. apply sum_ext. intros. rewrite <- sum_scal_l.
    reflexivity. }
  rewrite (sum_swap n d). apply sum_ext. intros i _. rewrite (sum_swap n d). apply sum_ext. intros j _.
  unfold bent. rewrite <- sum_scal_l, <- sum_scal_l, <- sum_scal_r. apply sum_ext. intros. ring.
Qed.

(* The loss above its tangents: 1/n sum_p ell_p(z_p) >= sum_p nu_p z_p - 1/n sum_p ell*_p *)
Lemma loss_above n (ell : nat -> R -> R) (nu star z : nat -> R) :
  (forall p x, (p < n)%nat -> INR n * nu p * x - ell p x <= star p) ->
  sum n (fun p => nu p * z p) - / INR n * sum n star <= / INR n * sum n (fun p => ell p (z p)).
Proof.
  intros H. destruct n as [|n]; [simpl; lra|]. assert (P : 0 < INR (S n)) by (apply lt_0_INR; lia).
  set (N := INR (S n)) in *. assert (L : sum (S n) (fun p => N * (nu p * z p) - star p)
    <= sum (S n) (fun p => ell p (z p))).
  { apply sum_le. intros p Hp. specialize (H p (z p) Hp). lra. }
  rewrite sum_minus, sum_scal_l in L.
  apply Rmult_le_reg_l with N; [assumption|].
  rewrite Rmult_minus_distr_l, <- !Rmult_assoc, Rinv_r, !Rmult_1_l by lra. exact L.
Qed.

(* All pieces together: any q, V and kappa with q >= <V,W> - kappa, and any lower bounds of the neurons. *)
Lemma pieces s1 s2 n m d a w0 X ell lambda4 t nu star (q kappa : R) V W (least : nat -> R) :
  0 <= lambda4 ->
  (forall p x, (p < n)%nat -> INR n * nu p * x - ell p x <= star p) ->
  inner m d V W - kappa <= q ->
  (forall r, (r < m)%nat -> least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i + V r i)
     (bent s2 n m d a w0 X nu r) (2 * t * lambda4) (W r)) ->
  - (/ INR n * sum n star) - kappa - lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W + q + lambda4 * R_4 m d W.
Proof.
  intros Hl Hs Hq Hr. apply sum_le in Hr. unfold neuron in Hr. rewrite !sum_plus in Hr.
  change (sum m (fun r => dot d _ (W r))) with
    (inner m d (fun r i => pulled s1 n m d a w0 X nu r i + V r i) W) in Hr.
  rewrite inner_add_l, !sum_scal_l, <- linear_regrouped, <- quadratic_regrouped in Hr.
  pose proof (loss_above n ell nu star (fun p => f_L s1 m d a w0 W (X p) + f_Q s2 m d a w0 W (X p)) Hs) as
    L.
  rewrite (sum_ext n (fun p => nu p * _) (fun p => nu p * f_L s1 m d a w0 W (X p)
    + nu p * f_Q s2 m d a w0 W (X p))) in L
    by (intros; ring).
  rewrite sum_plus in L. unfold second_order_loss, R_4.
  set (S := sum m (fun r => dot d (W r) (W r) ^ 2)) in *.
  assert (0 <= lambda4 * (S - t) ^ 2) by (apply Rmult_le_pos; [lra|apply pow2_ge_0]). nra.
Qed.

(* Quartic terms above their tangents: c ||w||^4 >= 2 c s ||w||^2 - c s^2 and
   lambda4 R_4(W) >= 2 t lambda4 sum_r ||w_r||^4 - lambda4 t^2 *)
Theorem quartic_tangents : forall (m d : nat) (c s lambda4 t : R) (w : nat -> R) (W : nat -> nat -> R),
  0 <= c -> 0 <= lambda4 ->
  2 * c * s * dot d w w - c * s ^ 2 <= c * dot d w w ^ 2 /\
  2 * t * lambda4 * sum m (fun r => dot d (W r) (W r) ^ 2) - lambda4 * t ^ 2 <= lambda4 * R_4 m d W.
Proof.
  intros m d c s lambda4 t w W Hc Hl. unfold R_4. set (S := sum m _). split.
  - assert (0 <= c * (dot d w w - s) ^ 2) by (apply Rmult_le_pos; [exact Hc|apply pow2_ge_0]). nra.
  - assert (0 <= lambda4 * (S - t) ^ 2) by (apply Rmult_le_pos; [exact Hl|apply pow2_ge_0]). nra.
Qed.

(* One neuron above its bound: b.w + 1/2 w^T C w + c ||w||^4 >= -1/2 b.y - c s^2 for all w, where
   K = C + 4 c s I is positive semidefinite and K y = b; for a definite K this is -1/2 b^T K^(-1) b - c s^2 *)
Theorem inner_bound : forall (d : nat) (b : nat -> R) (C : nat -> nat -> R) (c s : R) (y w : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  (forall v, 0 <= form d C v + 4 * c * s * dot d v v) ->
  (forall i, (i < d)%nat -> dot d (C i) y + 4 * c * s * y i = b i) ->
  - / 2 * dot d b y - c * s ^ 2 <= neuron d b C c w.
Proof.
  intros d b C c s y w Hc Hsym Hpos Hy.
  pose proof (Hpos (fun i => w i + y i)) as K. rewrite form_plus, dot_square_plus in K by exact Hsym.
  assert (B : forall u, dot d b u = dot d u (fun i => dot d (C i) y) + 4 * c * s * dot d u y).
  { intros u. rewrite <- dot_scal_r, <- dot_plus_r, dot_sym. apply dot_ext; intros; [reflexivity|].
    symmetry. auto. }
  unfold neuron. rewrite !B. change (dot d y (fun i => dot d (C i) y)) with (form d C y).
  assert (0 <= c * (dot d w w - s) ^ 2) by (apply Rmult_le_pos; [exact Hc|apply pow2_ge_0]). nra.
Qed.

(* The same from a factorisation, as it is computed: K = L D L^T with D > 0 and L x = b give
   b.w + 1/2 w^T C w + c ||w||^4 >= -1/2 sum_k x_k^2 / D_k - c s^2 for all w.  L is any matrix. *)
Theorem inner_bound_factored : forall (d : nat) (b : nat -> R) (C L : nat -> nat -> R)
    (D : nat -> R) (c s : R) (x w : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat ->
     C i j + 4 * c * s * delta i j = sum d (fun k => L i k * D k * L j k)) ->
  (forall k, (k < d)%nat -> 0 < D k) ->
  (forall i, (i < d)%nat -> dot d (L i) x = b i) ->
  - / 2 * sum d (fun k => x k ^ 2 / D k) - c * s ^ 2 <= neuron d b C c w.
Proof.
  intros d b C L D c s x w Hc HK HD Hx.
  set (z := fun k => sum d (fun i => L i k * w i)).
  assert (B : dot d b w = sum d (fun k => x k * z k)).
  { rewrite (dot_ext d b (fun i => dot d (L i) x) w w) by (intros; rewrite ?Hx by assumption; reflexivity).
    unfold dot, z. rewrite (sum_ext d (fun k => x k * _) (fun k => sum d (fun i => x k * (L i k * w i))))
      by (intros; rewrite sum_scal_l; reflexivity).
    rewrite (sum_swap d d). apply sum_ext. intros i _. rewrite <- sum_scal_r. apply sum_ext. intros. ring. }
  assert (Q : form d C w + 4 * c * s * dot d w w = sum d (fun k => D k * z k ^ 2)).
  { transitivity (sum d (fun i => sum d (fun j => w i * (C i j + 4 * c * s * delta i j) * w j))).
    - unfold form. rewrite dot_double. unfold dot. rewrite <- sum_scal_l, <- sum_plus. apply sum_ext.
      intros i Hi.
      rewrite (sum_ext d (fun j => w i * (C i j + _) * w j)
        (fun j => w i * C i j * w j + 4 * c * s * w i * (delta j i * w j)))
          by (intros j _; rewrite (delta_sym j i); ring).
      rewrite sum_plus, sum_scal_l, sum_delta by assumption. ring.
    - transitivity (sum d (fun k => sum d (fun i => sum d (fun j => w i * (L i k * D k * L j k) * w j)))).
      + symmetry. rewrite sum_swap. apply sum_ext. intros i Hi. rewrite sum_swap. apply sum_ext.
        intros j Hj.
        rewrite HK by assumption. rewrite <- sum_scal_l, <- sum_scal_r. reflexivity.
      + apply sum_ext. intros k _. unfold z. replace (sum d (fun i => L i k * w i) ^ 2)
          with (sum d (fun i => L i k * w i) * sum d (fun i => L i k * w i)) by ring.
        rewrite sum_mult, <- sum_scal_l. apply sum_ext. intros. rewrite <- sum_scal_l. apply sum_ext.
        intros. ring. }
  assert (P : 0 <= sum d (fun k => D k * (z k + x k / D k) ^ 2)).
  { apply sum_nonneg. intros k Hk. specialize (HD k Hk). apply Rmult_le_pos; [lra|apply pow2_ge_0]. }
  rewrite (sum_ext d _ (fun k => D k * z k ^ 2 + (2 * (x k * z k) + x k ^ 2 / D k))) in P
    by (intros k Hk; specialize (HD k Hk); field; lra).
  rewrite !sum_plus, sum_scal_l, <- B, <- Q in P.
  unfold neuron. assert (0 <= c * (dot d w w - s) ^ 2) by (apply Rmult_le_pos; [exact Hc|apply pow2_ge_0]).
  nra.
Qed.

(* The bound is attained: where K v = -b, K = C + 4 c ||v||^2 I positive semidefinite, v minimises
   b.w + 1/2 w^T C w + c ||w||^4 and the least value is the bound at s = ||v||^2, 1/2 b.v - c ||v||^4 *)
Theorem inner_minimum : forall (d : nat) (b : nat -> R) (C : nat -> nat -> R) (c : R) (v : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  (forall u, 0 <= form d C u + 4 * c * dot d v v * dot d u u) ->
  (forall i, (i < d)%nat -> dot d (C i) v + 4 * c * dot d v v * v i = - b i) ->
  neuron d b C c v = / 2 * dot d b v - c * dot d v v ^ 2 /\ forall w, neuron d b C c v <= neuron d b C c w.
Proof.
  intros d b C c v Hc Hsym Hpos Hw. set (s := dot d v v) in *.
  assert (E : neuron d b C c v = / 2 * dot d b v - c * s ^ 2).
  { assert (B : form d C v + 4 * c * s * s = - dot d b v).
    { unfold form, s at 2. rewrite <- dot_scal_r, <- dot_plus_r, dot_sym, <- dot_opp_l.
      apply dot_ext; intros; [auto|reflexivity]. }
    unfold neuron. fold s. lra. }
  split; [exact E|]. intros w. rewrite E.
  assert (I : - / 2 * dot d b (fun i => -1 * v i) - c * s ^ 2 <= neuron d b C c w).
  { apply inner_bound; [exact Hc|exact Hsym|exact Hpos|].
    intros i Hi. rewrite dot_scal_r. specialize (Hw i Hi). lra. }
  rewrite dot_scal_r in I. lra.
Qed.

(* q(W) >= <V,W> - q(W') with V = Q W', for q(W) = 1/2 <W, Q W> and Q symmetric, positive semidefinite *)
Theorem quadratic_tangent : forall (m d : nat) (Q : nat -> nat -> nat -> nat -> R) (W W' : nat -> nat -> R),
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  inner m d (apply m d Q W') W - / 2 * inner m d W' (apply m d Q W') <= / 2 * inner m d W (apply m d Q W).
Proof.
  intros m d Q W W' Hsym Hpos. pose proof (Hpos (fun r i => W r i + -1 * W' r i)) as P.
  rewrite (inner_ext m d _ (fun r i => W r i + -1 * W' r i) _
    (fun r i => apply m d Q W r i + -1 * apply m d Q W' r i)) in P
    by (intros; rewrite ?apply_plus; reflexivity).
  rewrite inner_add_l, !inner_add_r, !inner_scal_l, !inner_scal_r, (inner_apply m d Q W' W Hsym) in P.
  rewrite (inner_sym m d W (apply m d Q W')) in P. lra.
Qed.

(* Weak duality: for every W and W', every nu and t, with V = Q W', q = 1/2 <W, Q W> and c = 2 t lambda4,
     1/n sum_p ell_p(f(x_p;W)) + q(W) + lambda4 R_4(W)
       >= - 1/n sum_p ell*_p - q(W') - lambda4 t^2 + sum_r min_v [b_r.v + 1/2 v^T C_r v + c ||v||^4]
   where ell*_p is any number above n nu_p z - ell_p(z) for all z; any lower bound stands for the minimum *)
Theorem weak_duality : forall (s1 s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (Q : nat -> nat -> nat -> nat -> R) (lambda4 t : R) (nu star least : nat -> R)
    (W W' : nat -> nat -> R),
  0 <= lambda4 ->
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r v, (r < m)%nat ->
     least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i + apply m d Q W' r i)
                  (bent s2 n m d a w0 X nu r) (2 * t * lambda4) v) ->
  - / INR n * sum n star - / 2 * inner m d W' (apply m d Q W') - lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W + / 2 * inner m d W (apply m d Q W) + lambda4 * R_4 m d W.
Proof.
  intros s1 s2 n m d a w0 X ell Q lambda4 t nu star least W W' Hl Hsym Hpos Hstar Hleast.
  replace (- / INR n * sum n star) with (- (/ INR n * sum n star)) by ring.
  apply (pieces s1 s2 n m d a w0 X ell lambda4 t nu star _ _ (apply m d Q W')); trivial.
  - apply quadratic_tangent; assumption.
  - intros r Hr. apply Hleast. exact Hr.
Qed.

(* The same with the bound of each neuron written out, for s_r with K_r = C_r + 4 c s_r I positive semidefinite and
   K_r y_r = b_r, c = 2 t lambda4 >= 0:
     ... >= - 1/n sum_p ell*_p - q(W') - lambda4 t^2 + sum_r [-1/2 b_r.y_r - c s_r^2] *)
Theorem weak_duality_explicit : forall (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
  (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (Q : nat -> nat -> nat -> nat -> R) (lambda4 t : R) (nu star s : nat -> R)
    (b y W W' : nat -> nat -> R),
  0 <= lambda4 -> 0 <= t ->
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r i, (r < m)%nat -> (i < d)%nat -> b r i = pulled s1 n m d a w0 X nu r i + apply m d Q W' r i) ->
  (forall r v, (r < m)%nat ->
     0 <= form d (bent s2 n m d a w0 X nu r) v + 4 * (2 * t * lambda4) * s r * dot d v v) ->
  (forall r i, (r < m)%nat -> (i < d)%nat ->
     dot d (bent s2 n m d a w0 X nu r i) (y r) + 4 * (2 * t * lambda4) * s r * y r i = b r i) ->
  - / INR n * sum n star - / 2 * inner m d W' (apply m d Q W') - lambda4 * t ^ 2
    + sum m (fun r => - / 2 * dot d (b r) (y r) - 2 * t * lambda4 * s r ^ 2)
  <= second_order_loss s1 s2 n m d a w0 X ell W + / 2 * inner m d W (apply m d Q W) + lambda4 * R_4 m d W.
Proof.
  intros s1 s2 n m d a w0 X ell Q lambda4 t nu star s b y W W' Hl Ht Hsym Hpos Hstar Hb HK Hy.
  apply (weak_duality s1 s2 n m d a w0 X ell Q lambda4 t nu star
    (fun r => - / 2 * dot d (b r) (y r) - 2 * t * lambda4 * s r ^ 2)); try assumption.
  intros r v Hr. unfold neuron.
  rewrite (dot_ext d _ (b r) v v) by (intros; rewrite ?Hb by assumption; reflexivity).
  apply inner_bound.
  - apply Rmult_le_pos; lra.
  - intros i j _ _. unfold bent. f_equal. apply sum_ext. intros. ring.
  - intros u. apply HK. exact Hr.
  - intros i Hi. apply Hy; assumption.
Qed.

(* R_1 and R_2 above their tangents, at any numbers F_p and any movement zeta. *)
Lemma high_above s1 n m d a w0 X P_high Sigma lambda1 lambda2 (F : nat -> R) (zeta W : nat -> nat -> R) :
  0 <= lambda1 -> 0 <= lambda2 ->
  symmetric m d P_high ->
  symmetric m d Sigma ->
  (forall U, 0 <= inner m d U (apply m d Sigma U)) ->
  inner m d (apply m d P_high (fun s j => pulled s1 n m d a w0 X (fun p => 2 * lambda1 / INR n * F p) s j
    + 2 * lambda2 * apply m d Sigma zeta s j)) W
  - lambda1 * (/ INR n * sum n (fun p => F p ^ 2)) - lambda2 * inner m d zeta (apply m d Sigma zeta)
  <= lambda1 * R_1 s1 n m d a w0 X P_high W + lambda2 * R_2 m d P_high Sigma W.
Proof.
  intros H1 H2 HP HS Hpos. rewrite <- inner_apply by exact HP.
  rewrite inner_add_l, inner_scal_l, <- linear_regrouped.
  unfold R_1, R_2. set (Z := apply m d P_high W).
  pose proof (quadratic_tangent m d Sigma Z zeta HS Hpos) as T.
  set (e := inner m d (apply m d Sigma zeta) Z) in *.
  assert (L : sum n (fun p => 2 * lambda1 / INR n * F p * f_L s1 m d a w0 Z (X p))
    - lambda1 * (/ INR n * sum n (fun p => F p ^ 2))
    <= lambda1 * (/ INR n * sum n (fun p => f_L s1 m d a w0 Z (X p) ^ 2))).
  { rewrite <- !sum_scal_l, <- sum_minus. apply sum_le. intros p Hp.
    assert (0 <= / INR n) by (apply Rlt_le, Rinv_0_lt_compat, lt_0_INR; lia). unfold Rdiv.
    set (g := f_L s1 m d a w0 Z (X p)). assert (0 <= lambda1 * / INR n * (g - F p) ^ 2); [|lra].
    apply Rmult_le_pos; [apply Rmult_le_pos; assumption|apply pow2_ge_0]. }
  apply (Rmult_le_compat_l lambda2) in T; [lra|exact H2].
Qed.

(* Weak duality for the regularizers themselves, q = lambda1 R_1 + lambda2 R_2 + lambda3 R_3, with any symmetric
   operators low and high, and Sigma symmetric, positive semidefinite; V is the gradient of q at W',
     V = high (2 lambda1/n Phi^T f_L(.;high W') + 2 lambda2 Sigma high W') + 2 lambda3 low low W' *)
Theorem weak_duality_regularizer : forall (s1 s2 : R -> R) (n m d : nat) (a : nat -> R)
  (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (low high Sigma : nat -> nat -> nat -> nat -> R)
    (lambda1 lambda2 lambda3 lambda4 t : R) (nu star least : nat -> R) (W W' : nat -> nat -> R),
  0 <= lambda1 -> 0 <= lambda2 -> 0 <= lambda3 -> 0 <= lambda4 ->
  symmetric m d low -> symmetric m d high -> symmetric m d Sigma ->
  (forall U, 0 <= inner m d U (apply m d Sigma U)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r v, (r < m)%nat ->
     least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i
         + (apply m d high (fun s j =>
              pulled s1 n m d a w0 X
                (fun p => 2 * lambda1 / INR n * f_L s1 m d a w0 (apply m d high W') (X p)) s j
              + 2 * lambda2 * apply m d Sigma (apply m d high W') s j) r i
            + 2 * lambda3 * apply m d low (apply m d low W') r i))
       (bent s2 n m d a w0 X nu r) (2 * t * lambda4) v) ->
  - / INR n * sum n star
    - (lambda1 * R_1 s1 n m d a w0 X high W' + lambda2 * R_2 m d high Sigma W' + lambda3 * R_3 m d low W')
    - lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W
    + (lambda1 * R_1 s1 n m d a w0 X high W + lambda2 * R_2 m d high Sigma W + lambda3 * R_3 m d low W)
    + lambda4 * R_4 m d W.
Proof.
  intros s1 s2 n m d a w0 X ell low high Sigma lambda1 lambda2 lambda3 lambda4 t nu star least W W'
    H1 H2 H3 H4 HL HH HS Hpos Hstar Hleast.
  replace (- / INR n * sum n star) with (- (/ INR n * sum n star)) by ring.
  eapply (pieces s1 s2 n m d a w0 X ell lambda4 t nu star);
    [exact H4|exact Hstar| |intros r Hr; exact (Hleast r (W r) Hr)].
  rewrite inner_add_l, inner_scal_l, <- (inner_apply m d low _ W) by exact HL.
  pose proof (high_above s1 n m d a w0 X high Sigma lambda1 lambda2
    (fun p => f_L s1 m d a w0 (apply m d high W') (X p)) (apply m d high W') W H1 H2 HH HS Hpos) as T.
  assert (N : 0 <= lambda3 * inner m d (fun r i => apply m d low W r i + -1 * apply m d low W' r i)
    (fun r i => apply m d low W r i + -1 * apply m d low W' r i))
      by (apply Rmult_le_pos; [exact H3|apply inner_nonneg]).
  rewrite inner_add_l, !inner_add_r, !inner_scal_l, !inner_scal_r,
    (inner_sym m d (apply m d low W) (apply m d low W')) in N.
  unfold R_1 at 1. unfold R_2 at 1. unfold R_3 in *. lra.
Qed.

(* R_3 = ||U^T W||^2 where the columns of U are orthonormal: sum_l <U_l,W>^2 *)
Theorem low_energy : forall (m d k : nat) (U : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  (forall l l', (l < k)%nat -> (l' < k)%nat -> inner m d (U l) (U l') = delta l l') ->
  R_3 m d (P_low k U) W = sum k (fun l => inner m d (U l) W ^ 2).
Proof.
  intros m d k U W H. unfold R_3.
  rewrite (inner_ext m d _ (fun r i => sum k (fun l => inner m d (U l) W * U l r i))
    _ (fun r i => sum k (fun l => inner m d (U l) W * U l r i))) by (intros; apply apply_low).
  rewrite inner_sum_l. apply sum_ext. intros l Hl. rewrite inner_sum.
  rewrite (sum_ext k _ (fun h => delta h l * inner m d (U h) W))
    by (intros h Hh; rewrite H, delta_sym by assumption; ring).
  rewrite sum_delta by assumption. ring.
Qed.

(* The certificate as it is computed, for every point (nu, rho, gamma, zeta, t) and any U, orthonormal or not, with
   P_high = I - U U^T:
     1/n sum_p ell_p(f(x_p;W)) + lambda1 R_1 + lambda2 R_2 + lambda3 ||U^T W||^2 + lambda4 R_4
       >= - 1/n sum_p ell*_p - n/(4 lambda1) ||rho||^2 - lambda2 <zeta, Sigma zeta> - 1/(4 lambda3) ||gamma||^2
          - lambda4 t^2 + sum_r min_v [b_r.v + 1/2 v^T C_r v + 2 t lambda4 ||v||^4]
   with b = Phi^T nu + P_high (Phi^T rho + 2 lambda2 Sigma zeta) + U gamma; a part whose lambda is 0 is 0 *)
Theorem weak_duality_split : forall (s1 s2 : R -> R) (n m d k : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (U : nat -> nat -> nat -> R) (Sigma : nat -> nat -> nat -> nat -> R)
    (lambda1 lambda2 lambda3 lambda4 t : R) (nu rho gamma star least : nat -> R) (zeta W : nat -> nat -> R),
  0 <= lambda1 -> 0 <= lambda2 -> 0 <= lambda3 -> 0 <= lambda4 ->
  (lambda1 = 0 -> forall p, (p < n)%nat -> rho p = 0) ->
  (lambda3 = 0 -> forall l, (l < k)%nat -> gamma l = 0) ->
  symmetric m d Sigma ->
  (forall V, 0 <= inner m d V (apply m d Sigma V)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r v, (r < m)%nat ->
     least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i
         + (apply m d (P_high k U) (fun s j =>
              pulled s1 n m d a w0 X rho s j + 2 * lambda2 * apply m d Sigma zeta s j) r i
            + sum k (fun l => gamma l * U l r i)))
       (bent s2 n m d a w0 X nu r) (2 * t * lambda4) v) ->
  - / INR n * sum n star - INR n / (4 * lambda1) * sum n (fun p => rho p ^ 2)
    - lambda2 * inner m d zeta (apply m d Sigma zeta) - / (4 * lambda3) * sum k (fun l => gamma l ^ 2)
    - lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W
    + lambda1 * R_1 s1 n m d a w0 X (P_high k U) W + lambda2 * R_2 m d (P_high k U) Sigma W
    + lambda3 * sum k (fun l => inner m d (U l) W ^ 2) + lambda4 * R_4 m d W.
Proof.
  intros s1 s2 n m d k a w0 X ell U Sigma lambda1 lambda2 lambda3 lambda4 t nu rho gamma star least zeta W
    H1 H2 H3 H4 Hrho Hgamma HS Hpos Hstar Hleast.
  pose proof (pieces s1 s2 n m d a w0 X ell lambda4 t nu star
    (lambda1 * R_1 s1 n m d a w0 X (P_high k U) W + lambda2 * R_2 m d (P_high k U) Sigma W
      + lambda3 * sum k (fun l => inner m d (U l) W ^ 2))
    (INR n / (4 * lambda1) * sum n (fun p => rho p ^ 2) + lambda2 * inner m d zeta (apply m d Sigma zeta)
      + / (4 * lambda3) * sum k (fun l => gamma l ^ 2))
    (fun r i => apply m d (P_high k U) (fun s j =>
       pulled s1 n m d a w0 X rho s j + 2 * lambda2 * apply m d Sigma zeta s j) r i
         + sum k (fun l => gamma l * U l r i))
    W least H4 Hstar) as T.
  assert (G : sum k (fun l => gamma l * inner m d (U l) W) - / (4 * lambda3) * sum k (fun l => gamma l ^ 2)
    <= lambda3 * sum k (fun l => inner m d (U l) W ^ 2)).
  { rewrite <- !sum_scal_l, <- sum_minus. apply sum_le. intros l Hl. set (x := inner m d (U l) W).
    destruct (Req_dec lambda3 0) as [Z|Z]; [rewrite (Hgamma Z l Hl), Z; lra|].
    assert (0 <= lambda3 * (x - gamma l / (2 * lambda3)) ^ 2)
      by (apply Rmult_le_pos; [exact H3|apply pow2_ge_0]).
    replace (lambda3 * (x - gamma l / (2 * lambda3)) ^ 2)
      with (lambda3 * x ^ 2 - gamma l * x + / (4 * lambda3) * gamma l ^ 2) in H by (field; exact Z). lra. }
  pose proof (high_above s1 n m d a w0 X (P_high k U) Sigma lambda1 lambda2
    (fun p => INR n * rho p / (2 * lambda1)) zeta W H1 H2) as B.
  assert (E : forall p, (p < n)%nat -> 2 * lambda1 / INR n * (INR n * rho p / (2 * lambda1)) = rho p).
  { intros p Hp. assert (0 < INR n) by (apply lt_0_INR; lia).
    destruct (Req_dec lambda1 0) as [Z|Z]; [rewrite (Hrho Z p Hp); unfold Rdiv; ring|field; split; lra]. }
  assert (E2 : lambda1 * (/ INR n * sum n (fun p => (INR n * rho p / (2 * lambda1)) ^ 2))
    = INR n / (4 * lambda1) * sum n (fun p => rho p ^ 2)).
  { rewrite <- !sum_scal_l. apply sum_ext. intros p Hp. assert (0 < INR n) by (apply lt_0_INR; lia).
    destruct (Req_dec lambda1 0) as [Z|Z]; [rewrite (Hrho Z p Hp), Z; ring|field; split; lra]. }
  cbv beta in B. rewrite E2 in B.
  assert (M : forall r i, (r < m)%nat -> (i < d)%nat ->
    apply m d (P_high k U) (fun s j => pulled s1 n m d a w0 X
      (fun p => 2 * lambda1 / INR n * (INR n * rho p / (2 * lambda1))) s j
      + 2 * lambda2 * apply m d Sigma zeta s j) r i
    = apply m d (P_high k U) (fun s j => pulled s1 n m d a w0 X rho s j
      + 2 * lambda2 * apply m d Sigma zeta s j) r i).
  { intros r i _ _. apply sum_ext. intros s' _. apply sum_ext. intros j _. unfold pulled.
    do 2 f_equal. apply sum_ext. intros p Hp. rewrite E by exact Hp. reflexivity. }
  rewrite (inner_ext m d _ _ W W M) in B by reflexivity.
  assert (HH : symmetric m d (P_high k U)).
  { intros r i s j _ _ _ _. unfold P_high, P_low. rewrite (delta_sym r), (delta_sym i). f_equal.
    apply sum_ext. intros. ring. }
  specialize (B HH HS Hpos).
  apply (Rle_trans _ (- (/ INR n * sum n star) - (INR n / (4 * lambda1) * sum n (fun p => rho p ^ 2)
    + lambda2 * inner m d zeta (apply m d Sigma zeta) + / (4 * lambda3) * sum k (fun l => gamma l ^ 2))
      - lambda4 * t ^ 2 + sum m least));
    [lra|].
  eapply Rle_trans; [apply T; [|intros r Hr; exact (Hleast r (W r) Hr)]|lra].
  rewrite inner_add_l, (inner_sum_l m d k gamma U). lra.
Qed.

(* The same from factorisations, as a program computes it: K_r = C_r + 8 t lambda4 s_r I = L_r D_r L_r^T with
   D_r > 0 and L_r x_r = b_r give
     ... >= ... - lambda4 t^2 + sum_r [-1/2 sum_h x_r[h]^2 / D_r[h] - 2 t lambda4 s_r^2] *)
Theorem weak_duality_computed : forall (s1 s2 : R -> R) (n m d k : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (U L : nat -> nat -> nat -> R) (Sigma : nat -> nat -> nat -> nat -> R)
    (lambda1 lambda2 lambda3 lambda4 t : R) (nu rho gamma star s : nat -> R) (zeta D x W : nat -> nat -> R),
  0 <= lambda1 -> 0 <= lambda2 -> 0 <= lambda3 -> 0 <= lambda4 -> 0 <= t ->
  (lambda1 = 0 -> forall p, (p < n)%nat -> rho p = 0) ->
  (lambda3 = 0 -> forall l, (l < k)%nat -> gamma l = 0) ->
  symmetric m d Sigma ->
  (forall V, 0 <= inner m d V (apply m d Sigma V)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r i j, (r < m)%nat -> (i < d)%nat -> (j < d)%nat ->
     bent s2 n m d a w0 X nu r i j + 4 * (2 * t * lambda4) * s r * delta i j
     = sum d (fun h => L r i h * D r h * L r j h)) ->
  (forall r h, (r < m)%nat -> (h < d)%nat -> 0 < D r h) ->
  (forall r i, (r < m)%nat -> (i < d)%nat ->
     dot d (L r i) (x r)
     = pulled s1 n m d a w0 X nu r i
       + (apply m d (P_high k U) (fun s j =>
            pulled s1 n m d a w0 X rho s j + 2 * lambda2 * apply m d Sigma zeta s j) r i
          + sum k (fun l => gamma l * U l r i))) ->
  - / INR n * sum n star - INR n / (4 * lambda1) * sum n (fun p => rho p ^ 2)
    - lambda2 * inner m d zeta (apply m d Sigma zeta) - / (4 * lambda3) * sum k (fun l => gamma l ^ 2)
    - lambda4 * t ^ 2
    + sum m (fun r => - / 2 * sum d (fun h => x r h ^ 2 / D r h) - 2 * t * lambda4 * s r ^ 2)
  <= second_order_loss s1 s2 n m d a w0 X ell W
    + lambda1 * R_1 s1 n m d a w0 X (P_high k U) W + lambda2 * R_2 m d (P_high k U) Sigma W
    + lambda3 * sum k (fun l => inner m d (U l) W ^ 2) + lambda4 * R_4 m d W.
Proof.
  intros s1 s2 n m d k a w0 X ell U L Sigma lambda1 lambda2 lambda3 lambda4 t nu rho gamma star s zeta D x W
    H1 H2 H3 H4 Ht Hrho Hgamma HS Hpos Hstar HK HD Hx.
  apply (weak_duality_split s1 s2 n m d k a w0 X ell U Sigma lambda1 lambda2 lambda3 lambda4 t nu rho gamma star
    (fun r => - / 2 * sum d (fun h => x r h ^ 2 / D r h) - 2 * t * lambda4 * s r ^ 2)); try assumption.
  intros r v Hr. apply (inner_bound_factored d _ _ (L r) (D r)).
  - apply Rmult_le_pos; lra.
  - intros i j Hi Hj. exact (HK r i j Hr Hi Hj).
  - intros h Hh. exact (HD r h Hr Hh).
  - intros i Hi. exact (Hx r i Hr Hi).
Qed.

(* The conjugate of the squared loss: u z - (z - y)^2 <= u y + u^2/4 for all z, equal at z = y + u/2 *)
Theorem conjugate_squared : forall y u : R,
  (forall z, u * z - (z - y) ^ 2 <= u * y + u ^ 2 / 4) /\
  u * (y + u / 2) - ((y + u / 2) - y) ^ 2 = u * y + u ^ 2 / 4.
Proof.
  intros y u. split; [|field]. intros z. pose proof (pow2_ge_0 (z - y - u / 2)). nra.
Qed.

(* The conjugate of log cosh, for |u| < 1 and all z:
   u z - ln cosh(z - y) <= u y + [(1+u) ln(1+u) + (1-u) ln(1-u)]/2 *)
Theorem conjugate_logcosh : forall y u z : R, -1 < u < 1 ->
  u * z - ln (cosh (z - y)) <= u * y + ((1 + u) * ln (1 + u) + (1 - u) * ln (1 - u)) / 2.
Proof.
  intros y u z Hu. set (x := z - y). replace z with (x + y) by (unfold x; ring).
  assert (C : 0 < cosh x) by (unfold cosh; generalize (exp_pos x) (exp_pos (- x)); lra).
  assert (T : forall v q, 0 < q -> q * (v - ln (cosh x) - ln q) <= exp v / cosh x - q).
  { intros v q Hq. pose proof (exp_ineq1_le (v - ln (cosh x) - ln q)) as E.
    replace (exp (v - ln (cosh x) - ln q)) with (exp v / cosh x / q) in E.
    - apply (Rmult_le_compat_l q) in E; [|lra].
      replace (q * (exp v / cosh x / q)) with (exp v / cosh x) in E by (field; lra). lra.
    - unfold Rminus. rewrite !exp_plus, !exp_Ropp, !exp_ln by assumption. field. lra. }
  pose proof (T x (1 + u) ltac:(lra)) as P. pose proof (T (- x) (1 - u) ltac:(lra)) as M.
  assert (S : exp x / cosh x + exp (- x) / cosh x = 2).
  { unfold cosh. field. generalize (exp_pos x) (exp_pos (- x)); lra. }
  lra.
Qed.

(* It is the least such number: equality at z = y + 1/2 ln((1+u)/(1-u)) *)
Theorem conjugate_logcosh_attained : forall y u : R, -1 < u < 1 ->
  let z := y + (ln (1 + u) - ln (1 - u)) / 2 in
  u * z - ln (cosh (z - y)) = u * y + ((1 + u) * ln (1 + u) + (1 - u) * ln (1 - u)) / 2.
Proof.
  intros y u Hu z. set (p := ln (1 + u)) in *. set (q := ln (1 - u)) in *.
  assert (E : cosh (z - y) = exp (- ((p + q) / 2))).
  { unfold cosh. replace (exp (z - y)) with (exp (- ((p + q) / 2)) * exp p)
    by (rewrite <- exp_plus; f_equal; unfold z; field).
    replace (exp (- (z - y))) with (exp (- ((p + q) / 2)) * exp q)
      by (rewrite <- exp_plus; f_equal; unfold z; field).
    unfold p at 2, q at 3. rewrite !exp_ln by lra. field. }
  rewrite E, ln_exp. unfold z. field.
Qed.

(* The losses above their tangents: 1/n ell(y,z) >= nu z - 1/n ell*(n nu) for the squared loss, and for log cosh
   where |n nu| < 1 *)
Theorem fenchel_young : forall (n : nat) (y nu z : R), (0 < n)%nat ->
  nu * z - / INR n * (INR n * nu * y + (INR n * nu) ^ 2 / 4) <= / INR n * (z - y) ^ 2 /\
  (-1 < INR n * nu < 1 ->
   nu * z - / INR n * (INR n * nu * y
     + ((1 + INR n * nu) * ln (1 + INR n * nu) + (1 - INR n * nu) * ln (1 - INR n * nu)) / 2)
   <= / INR n * ln (cosh (z - y))).
Proof.
  intros n y nu z Hn. assert (P : 0 < INR n) by (apply lt_0_INR; exact Hn).
  assert (T : forall star ell, INR n * nu * z - ell <= star -> nu * z - / INR n * star <= / INR n * ell).
  { intros star ell H. apply Rmult_le_reg_l with (INR n); [exact P|].
    rewrite Rmult_minus_distr_l, <- !Rmult_assoc, Rinv_r, !Rmult_1_l by lra. lra. }
  split; [|intros Hu]; apply T; [apply conjugate_squared|apply conjugate_logcosh; exact Hu].
Qed.

(* The tangent is no steeper: at c = s = ||w|| = 1. *)
Theorem quartic_tangents_twin_false :
  ~ (forall (m d : nat) (c s lambda4 t : R) (w : nat -> R) (W : nat -> nat -> R),
  0 <= c -> 0 <= lambda4 ->
  4 * c * s * dot d w w - c * s ^ 2 <= c * dot d w w ^ 2 /\
  2 * t * lambda4 * sum m (fun r => dot d (W r) (W r) ^ 2) - lambda4 * t ^ 2 <= lambda4 * R_4 m d W).
Proof.
  intros H. destruct (H O 1%nat 1 1 0 0 (fun _ => 1) (fun _ _ => 0)) as [A _]; [lra|lra|].
  unfold dot in A. simpl in A. lra.
Qed.

(* A larger shift is not enough: C = -8, b = 4, c = s = 1 and y = w = -1 in one dimension. *)
Theorem inner_bound_twin_false :
  ~ (forall (d : nat) (b : nat -> R) (C : nat -> nat -> R) (c s : R) (y w : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  (forall v, 0 <= form d C v + 8 * c * s * dot d v v) ->
  (forall i, (i < d)%nat -> dot d (C i) y + 4 * c * s * y i = b i) ->
  - / 2 * dot d b y - c * s ^ 2 <= neuron d b C c w).
Proof.
  intros H. specialize (H 1%nat (fun _ => 4) (fun _ _ => -8) 1 1 (fun _ => -1) (fun _ => -1)).
  assert (A : - / 2 * dot 1 (fun _ => 4) (fun _ => -1) - 1 * 1 ^ 2
    <= neuron 1 (fun _ => 4) (fun _ _ => -8) 1 (fun _ => -1)).
  { apply H; [lra|reflexivity| |]; intros; unfold form, dot; simpl; lra. }
  unfold neuron, form, dot in A. simpl in A. lra.
Qed.

(* The tangent lies below: Q = W = W' = 1, of one entry. *)
Theorem quadratic_tangent_twin_false :
  ~ (forall (m d : nat) (Q : nat -> nat -> nat -> nat -> R) (W W' : nat -> nat -> R),
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  inner m d (apply m d Q W') W + / 2 * inner m d W' (apply m d Q W') <= / 2 * inner m d W (apply m d Q W)).
Proof.
  intros H. specialize (H 1%nat 1%nat (fun _ _ _ _ => 1) (fun _ _ => 1) (fun _ _ => 1)).
  unfold inner, dot, apply, symmetric in H. simpl in H.
  assert (A : (0 + (0 + (0 + (0 + 1 * 1)) * 1)) + / 2 * (0 + (0 + 1 * (0 + (0 + 1 * 1))))
    <= / 2 * (0 + (0 + 1 * (0 + (0 + 1 * 1))))); [|lra].
  apply H; [reflexivity|]. intros U. nra.
Qed.

(* The constant of the tangent is subtracted: nothing but lambda4 = t = 1. *)
Theorem weak_duality_twin_false :
  ~ (forall (s1 s2 : R -> R) (n m d : nat) (a : nat -> R) (w0 X : nat -> nat -> R)
    (ell : nat -> R -> R) (Q : nat -> nat -> nat -> nat -> R) (lambda4 t : R) (nu star least : nat -> R)
    (W W' : nat -> nat -> R),
  0 <= lambda4 ->
  symmetric m d Q ->
  (forall U, 0 <= inner m d U (apply m d Q U)) ->
  (forall p z, (p < n)%nat -> INR n * nu p * z - ell p z <= star p) ->
  (forall r v, (r < m)%nat ->
     least r <= neuron d (fun i => pulled s1 n m d a w0 X nu r i + apply m d Q W' r i)
                  (bent s2 n m d a w0 X nu r) (2 * t * lambda4) v) ->
  - / INR n * sum n star - / 2 * inner m d W' (apply m d Q W') + lambda4 * t ^ 2 + sum m least
  <= second_order_loss s1 s2 n m d a w0 X ell W + / 2 * inner m d W (apply m d Q W) + lambda4 * R_4 m d W).
Proof.
  intros H. specialize (H (fun _ => 0) (fun _ => 0) O O O (fun _ => 0) (fun _ _ => 0) (fun _ _ => 0) (fun _ _ => 0)
    (fun _ _ _ _ => 0) 1 1 (fun _ => 0) (fun _ => 0) (fun _ => 0) (fun _ _ => 0) (fun _ _ => 0)).
  unfold second_order_loss, R_4, inner in H. simpl in H.
  assert (A : - / 0 * 0 - / 2 * 0 + 1 * (1 * (1 * 1)) + 0 <= / 0 * 0 + / 2 * 0 + 1 * (0 * (0 * 1))); [|lra].
  apply H; [lra|intros r i s j Hr; lia|intros; lra|intros p z Hp; lia|intros r v Hr; lia].
Qed.

(* Half the quadratic part is too little: y = 0, u = 1, z = 1/2. *)
Theorem conjugate_squared_twin_false :
  ~ (forall y u : R,
  (forall z, u * z - (z - y) ^ 2 <= u * y + u ^ 2 / 8) /\
  u * (y + u / 2) - ((y + u / 2) - y) ^ 2 = u * y + u ^ 2 / 4).
Proof.
  intros H. destruct (H 0 1) as [A _]. specialize (A (1 / 2)). lra.
Qed.

(* A larger shift is not enough: C = -7, c = s = w = 1, b = 0, where K = 1. *)
Theorem inner_bound_factored_twin_false :
  ~ (forall (d : nat) (b : nat -> R) (C L : nat -> nat -> R)
    (D : nat -> R) (c s : R) (x w : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat ->
     C i j + 8 * c * s * delta i j = sum d (fun k => L i k * D k * L j k)) ->
  (forall k, (k < d)%nat -> 0 < D k) ->
  (forall i, (i < d)%nat -> dot d (L i) x = b i) ->
  - / 2 * sum d (fun k => x k ^ 2 / D k) - c * s ^ 2 <= neuron d b C c w).
Proof.
  intros H. specialize (H 1%nat (fun _ => 0) (fun _ _ => -7) (fun _ _ => 1) (fun _ => 1) 1 1
    (fun _ => 0) (fun _ => 1)).
  unfold neuron, form, dot, delta in H. simpl in H.
  assert (A : - / 2 * (0 + 0 * (0 * 1) / 1) - 1 * (1 * (1 * 1))
    <= 0 + 0 * 1 + / 2 * (0 + 1 * (0 + -7 * 1)) + 1 * ((0 + 1 * 1) * ((0 + 1 * 1) * 1))); [|lra].
  apply H; [lra| |intros; lra|intros; lra]. intros [|i] [|j] Hi Hj; try lia. simpl. lra.
Qed.

(* A stationary point need not be a minimum: C = -6, b = 2, c = 1; v = 1 is stationary, and w = -1 lies below. *)
Theorem inner_minimum_twin_false :
  ~ (forall (d : nat) (b : nat -> R) (C : nat -> nat -> R) (c : R) (v : nat -> R),
  0 <= c ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> C i j = C j i) ->
  (forall u, 0 <= form d C u + 8 * c * dot d v v * dot d u u) ->
  (forall i, (i < d)%nat -> dot d (C i) v + 4 * c * dot d v v * v i = - b i) ->
  neuron d b C c v = / 2 * dot d b v - c * dot d v v ^ 2 /\ forall w, neuron d b C c v <= neuron d b C c w).
Proof.
  intros H. destruct (H 1%nat (fun _ => 2) (fun _ _ => -6) 1 (fun _ => 1)) as [_ M].
  - lra.
  - reflexivity.
  - intros u. unfold form, dot. simpl. nra.
  - intros i _. unfold dot. simpl. lra.
  - specialize (M (fun _ => -1)). unfold neuron, form, dot in M. simpl in M. lra.
Qed.

(* Columns of squared length 2: U = (1, 1), W = (1, 0). *)
Theorem low_energy_twin_false :
  ~ (forall (m d k : nat) (U : nat -> nat -> nat -> R) (W : nat -> nat -> R),
  (forall l l', (l < k)%nat -> (l' < k)%nat -> inner m d (U l) (U l') = 2 * delta l l') ->
  R_3 m d (P_low k U) W = sum k (fun l => inner m d (U l) W ^ 2)).
Proof.
  intros H. specialize (H 1%nat 2%nat 1%nat (fun _ _ _ => 1) (fun _ i => delta i O)).
  assert (A : R_3 1 2 (P_low 1 (fun _ _ _ => 1)) (fun _ i => delta i O)
    = sum 1 (fun l => inner 1 2 ((fun _ _ _ => 1) l) (fun _ i => delta i O) ^ 2)).
  { apply H. intros [|l] [|l'] Hl Hl'; try lia. unfold inner, dot, delta. simpl. lra. }
  unfold R_3, inner, apply, dot, P_low, delta in A. simpl in A. lra.
Qed.
