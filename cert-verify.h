/*
 * "verify": do servers present what is installed?
 */
#ifndef CERT_VERIFY_H
#define CERT_VERIFY_H

#include "msg.h"

/* In a run that is for it: reads what is installed, and has net started. */
void	verify_begin(void);
/* net asks which server is next. */
void	verify_next(void);
/* Handler. */
void	cert_presented(struct msg *);

#endif
