#include "cbuild.h"

#ifndef EVIDENCE_COMMIT
#define EVIDENCE_COMMIT ""
#endif

const char *cb_commit(void) { return EVIDENCE_COMMIT; }
