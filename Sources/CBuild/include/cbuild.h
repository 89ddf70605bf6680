#ifndef CBUILD_H
#define CBUILD_H

/// The commit that the package was built from, in hexadecimal digits, with a + behind where files differed from it; empty
/// where it was built outside of a repository.
const char *cb_commit(void);

#endif
