/*
 * The method chebyshev, 50 steps: x near the minimiser of x^T H x / 2 + b^T x.
 *
 * Written by polyunroll, which it runs without.
 * It needs only the C standard library.
 * H, of shape (n, n), is symmetric with its eigenvalues in [ell, L]. Another function is
 * given by its gradient; nothing below is proved of that. The coefficients are constants,
 * made for exactly this number of steps.
 *
 * solve(H, b, x0) gives x, shape (n,).
 * vjp(H, b, x0, u, dH) gives x and the derivatives of u^T x in parameters, b and x0.
 *
 * Parameters, exactly:
 *     ell = 1/100
 *     L = 1
 *
 * Proved for every symmetric H with its eigenvalues in [ell, L] and x* the minimiser
 * (derivatives in Frobenius's norm):
 *     |x_50 - x*| <= 0.00008781 |x_0 - x*|
 *     |dx_50 - dx*| <= 0.00008781 |dx_0 - dx*| + 0.4435 |dH| |x_0 - x*|
 *         (split partial: for every dH)
 *     |dx_50 - dx*| <= 0.4434 |dx_0 - dx*| + 0.4435 |d(grad f(x_0))|
 *         (split total: only where each dH commutes with H)
 *
 * To write it again:
 *     import polyunroll as pu
 *     from polyunroll.methods import method_from_data
 *     m = method_from_data(
 *         {"name": "chebyshev", "parameters": {"ell": "1/100", "L": "1"}}
 *     )
 *     pu.generate(m, 50, target="c", derivative="vjp")
 */

/* C99. Vectors lie one after another: p derivatives of a vector of length n are n numbers for
 * the first parameter, then n for the second, and so on. Every function that returns an int
 * gives 0 when it has done its work, 1 where there was no memory, 2 where an entry given was
 * not finite, and 3 where n is 0. A pointer may be NULL where the comment says so. */

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 50
#define COLUMNS 3

/* Writes to out what belongs to the vectors at v, `data` being the caller's own. */
typedef void (*map_function)(void *data, const double *v, double *out);

/* The coefficients, one row for each step, from the method's own recurrence. */
static const double *coefficients(double *rows)
{
    const double rho2 = 0.9607881580237232; /* 9801/10201 */
    const double h = 1.9801980198019802; /* 200/101 */
    static const double first[][COLUMNS] = {
        {1.0, 0.0, -1.9801980198019802},
        {1.9245354211866805, -0.9245354211866805, -3.8109612300726345},
    };
    memcpy(rows, first, sizeof(first));
    double omega = 1.9245354211866805;
    for (size_t step = 3; step <= STEPS; step++) {
        const size_t index = step - 1;
        const double omega_1 = omega;
        double momentum;
        omega = 1.0 / (1.0 - rho2 * omega_1 / 4.0);
        momentum = rho2 * omega * omega_1 / 4.0;
        rows[COLUMNS * index + 0] = omega;
        rows[COLUMNS * index + 1] = -momentum;
        rows[COLUMNS * index + 2] = -omega * h;
    }
    return rows;
}

static int all_finite(size_t count, const double *values)
{
    for (size_t i = 0; values != NULL && i < count; i++)
        if (!isfinite(values[i]))
            return 0;
    return 1;
}

static double dot(size_t n, const double *a, const double *x)
{
    double lanes[8] = {0.0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            lanes[k] += a[i + k] * x[i + k];
    for (; i < n; i++)
        lanes[0] += a[i] * x[i];
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/* The products of H with vectors; each row of H is read once for all of them. */
static void multiply(size_t n, size_t count, const double *H, const double *v, double *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < count; k++)
            out[k * n + i] = dot(n, H + i * n, v + k * n);
}

/* The steps on `size` numbers at v, of which the first n are the iterate; `gradient` gives
 * those of all of them. `report`, if it is not NULL, gets the vectors after each step and a
 * pointer to 0, and stops the run by writing something else there. */
int iterate(
    size_t n, size_t size, map_function gradient_at, map_function report, void *data, double tolerance, double *v)
{
    if (n == 0)
        return 3;
    double *memory = malloc((3 * size + STEPS * COLUMNS) * sizeof(double));
    if (memory == NULL)
        return 1;
    double *x = memory;
    double *previous = memory + 1 * size;
    double *gradient = memory + 2 * size;
    const double *rows = coefficients(memory + 3 * size);
    for (size_t i = 0; i < size; i++) {
        x[i] = v[i];
        previous[i] = v[i];
    }
    for (size_t t = 0; t < STEPS; t++) {
        const double *row = rows + 3 * t;
        gradient_at(data, x, gradient);
        if (tolerance > 0.0 && sqrt(dot(n, gradient, gradient)) <= tolerance)
            break;
        for (size_t i = 0; i < size; i++) {
            previous[i] = row[1] * previous[i] + row[0] * x[i] + row[2] * gradient[i];
        }
        double *moved[] = {previous, x};
        x = moved[0];
        previous = moved[1];
        double stop = 0.0;
        if (report != NULL)
            report(data, x, &stop);
        if (stop != 0.0)
            break;
    }
    memcpy(v, x, size * sizeof(double));
    free(memory);
    return 0;
}

struct problem {
    size_t n, p, r;
    const double *H, *b, *U, *W, *db;
};

/* H x + b, and for each tangent X_i: H X_i + (d_i H) x + d_i b. */
static void quadratic(void *data, const double *v, double *out)
{
    const struct problem *given = data;
    size_t n = given->n;
    multiply(n, 1 + given->p, given->H, v, out);
    for (size_t i = 0; given->b != NULL && i < n; i++)
        out[i] += given->b[i];
    for (size_t i = 0; given->db != NULL && i < given->p * n; i++)
        out[n + i] += given->db[i];
    for (size_t k = 0; given->U != NULL && k < given->r; k++) {
        const double *u = given->U + k * n;
        double inner = dot(n, u, v);
        for (size_t j = 0; j < given->p; j++)
            for (size_t i = 0; i < n; i++)
                out[(1 + j) * n + i] += inner * given->W[k * given->p + j] * u[i];
    }
}

/* x after STEPS steps. H: n*n numbers, symmetric; b, x0: n, or NULL for 0; x: n, written. The
 * run stops where no gradient that a step takes is longer than the tolerance. */
int solve(size_t n, const double *H, const double *b, const double *x0, double tolerance, double *x)
{
    struct problem given = {n, 0, 0, H, b, NULL, NULL, NULL};
    if (!all_finite(n * n, H) || !all_finite(n, b) || !all_finite(n, x0))
        return 2;
    for (size_t i = 0; i < n; i++)
        x[i] = x0 == NULL ? 0.0 : x0[i];
    return iterate(n, n, quadratic, NULL, &given, tolerance, x);
}

#define GAP 8

/* The steps from x, and their transposes from `bar` = u: x becomes the iterate after STEPS
 * steps, bar the derivatives of u^T x by the start. At a query q and the derivative g by its
 * gradient, one after the other at v, `receive` is given both and may change g at `out`, and
 * `hessian` writes the Hessian's product with g. States are kept every GAP steps. */
int reverse(size_t n, map_function gradient_at, map_function receive, map_function hessian, void *data, double *start,
            double *bar)
{
    enum { STATES = 2, SEGMENTS = (STEPS + GAP - 1) / GAP };
    if (n == 0)
        return 3;
    size_t doubles = (SEGMENTS * STATES + GAP + 3 + 4 + 1) * n + STEPS * COLUMNS;
    double *memory = malloc(doubles * sizeof(double));
    if (memory == NULL)
        return 1;
    double *kept = memory + (3 + 4) * n + STEPS * COLUMNS;
    double *queries = kept + SEGMENTS * STATES * n;
    size_t size = n;
    double *x = memory;
    double *previous = memory + 1 * size;
    double *gradient = memory + 2 * size;
    double *x_bar = memory + 3 * size;
    double *previous_bar = memory + 4 * size;
    double *gradient_bar = memory + 5 * size;
    double *product_bar = memory + 6 * size;
    const double *rows = coefficients(memory + (3 + 4) * size);
    for (size_t i = 0; i < n; i++) {
        x[i] = start[i];
        previous[i] = start[i];
        x_bar[i] = bar[i];
        previous_bar[i] = 0.0;
    }
    /* pass 0 runs all steps and keeps states; the others run one segment and its transpose */
    for (size_t pass = 0; pass <= SEGMENTS; pass++) {
        size_t segment = SEGMENTS - pass;
        size_t first = pass == 0 ? 0 : segment * GAP;
        size_t last = pass == 0 ? STEPS : first + GAP < STEPS ? first + GAP : STEPS;
        if (pass > 0) {
            double *saved = kept + segment * STATES * n;
            memcpy(x, saved + 0 * n, n * sizeof(double));
            memcpy(previous, saved + 1 * n, n * sizeof(double));
        }
        for (size_t t = first; t < last; t++) {
            if (pass == 0 && t % GAP == 0) {
                double *saved = kept + (t / GAP) * STATES * n;
                memcpy(saved + 0 * n, x, n * sizeof(double));
                memcpy(saved + 1 * n, previous, n * sizeof(double));
            }
            const double *row = rows + 3 * t;
            if (pass > 0)
                memcpy(queries + (t - first) * n, x, n * sizeof(double));
            gradient_at(data, x, gradient);
            for (size_t i = 0; i < size; i++) {
                previous[i] = row[1] * previous[i] + row[0] * x[i] + row[2] * gradient[i];
            }
            double *moved[] = {previous, x};
            x = moved[0];
            previous = moved[1];
        }
        if (pass == 0)
            memcpy(start, x, n * sizeof(double));
        for (size_t t = last; pass > 0 && t-- > first;) {
            double *query = queries + (t - first) * n;
            const double *row = rows + 3 * t;
            for (size_t i = 0; i < size; i++) {
                gradient_bar[i] = row[2] * x_bar[i];
            }
            /* a pair one after the other, in the place of this query and the next, which is done */
            memcpy(query + n, gradient_bar, n * sizeof(double));
            receive(data, query, gradient_bar);
            memcpy(query + n, gradient_bar, n * sizeof(double));
            hessian(data, query, product_bar);
            for (size_t i = 0; i < size; i++) {
                previous_bar[i] = previous_bar[i] + row[0] * x_bar[i] + product_bar[i];
                x_bar[i] = row[1] * x_bar[i];
            }
            double *moved[] = {previous_bar, x_bar};
            x_bar = moved[0];
            previous_bar = moved[1];
        }
    }
    for (size_t i = 0; i < n; i++)
        bar[i] = x_bar[i] + previous_bar[i];
    free(memory);
    return 0;
}

struct transposed {
    struct problem given;
    double *theta_bar, *b_bar;
};

static void receive_quadratic(void *data, const double *v, double *out)
{
    struct transposed *all = data;
    const struct problem *given = &all->given;
    size_t n = given->n;
    for (size_t i = 0; i < n; i++)
        all->b_bar[i] += out[i];
    for (size_t k = 0; given->U != NULL && k < given->r; k++) {
        const double *u = given->U + k * n;
        double both = dot(n, u, v) * dot(n, u, v + n);
        for (size_t j = 0; j < given->p; j++)
            all->theta_bar[j] += both * given->W[k * given->p + j];
    }
}

static void hessian_quadratic(void *data, const double *v, double *out)
{
    const struct problem *given = data;
    multiply(given->n, 1, given->H, v + given->n, out);
}

static void gradient_quadratic(void *data, const double *v, double *out)
{
    struct problem alone = *(const struct problem *)data;
    alone.p = 0;
    quadratic(&alone, v, out);
}

/* x after STEPS steps, and the derivatives of u^T x in the parameters (p numbers, by way of
 * H; U, W as in d_i H = sum_k W[k*p + i] U_k U_k^T, or U NULL), by b and by x0 (n numbers). */
int vjp(size_t n, size_t p, size_t r, const double *H, const double *b, const double *x0, const double *u,
        const double *U, const double *W, double *x, double *theta_bar, double *b_bar, double *x0_bar)
{
    struct transposed all = {{n, p, r, H, b, U, W, NULL}, theta_bar, b_bar};
    if (!all_finite(n * n, H) || !all_finite(n, b) || !all_finite(n, x0) || !all_finite(n, u) ||
        !all_finite(r * n, U) || !all_finite(r * p, W))
        return 2;
    for (size_t i = 0; i < n; i++) {
        x[i] = x0 == NULL ? 0.0 : x0[i];
        x0_bar[i] = u[i];
        b_bar[i] = 0.0;
    }
    for (size_t j = 0; j < p; j++)
        theta_bar[j] = 0.0;
    return reverse(n, gradient_quadratic, receive_quadratic, hessian_quadratic, &all, x, x0_bar);
}
