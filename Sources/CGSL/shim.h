#ifndef CGSL_SHIM_H
#define CGSL_SHIM_H
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#endif
