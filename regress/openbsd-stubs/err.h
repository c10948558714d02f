#ifndef STUB_ERR_H
#define STUB_ERR_H
#include <stdarg.h>
#define STUB_PRINTF(f, a)	__attribute__((__format__(__printf__, f, a)))
_Noreturn void	err(int, const char *, ...) STUB_PRINTF(2, 3);
_Noreturn void	verr(int, const char *, va_list) STUB_PRINTF(2, 0);
_Noreturn void	errc(int, int, const char *, ...) STUB_PRINTF(3, 4);
_Noreturn void	errx(int, const char *, ...) STUB_PRINTF(2, 3);
_Noreturn void	verrx(int, const char *, va_list) STUB_PRINTF(2, 0);
void		warn(const char *, ...) STUB_PRINTF(1, 2);
void		vwarn(const char *, va_list) STUB_PRINTF(1, 0);
void		warnc(int, const char *, ...) STUB_PRINTF(2, 3);
void		warnx(const char *, ...) STUB_PRINTF(1, 2);
void		vwarnx(const char *, va_list) STUB_PRINTF(1, 0);
#endif
