/*
 * 'on change': the commands that are run when certificates have changed.  Used
 * by hookproc only.
 */
#ifndef HOOK_CHANGE_H
#define HOOK_CHANGE_H

#include "msg-bodies.h"

/* The commands for whatever handle has changed; each job's own, in order. */
void	change_conf(const struct slice_conf *);
void	change_domain(const struct slice_domain *);

/* Handlers of hookproc's dispatch table. */
void	hook_changed(struct msg *);
void	hook_forgotten(struct msg *);

#endif
