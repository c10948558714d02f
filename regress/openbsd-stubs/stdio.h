#ifndef STUB_STDIO_H
#define STUB_STDIO_H
#include <stdarg.h>
#include <stddef.h>
typedef long		ssize_t;
typedef long long	off_t;
typedef struct { int fd; } FILE;
extern FILE	stub_files[3];
#define stdin	(&stub_files[0])
#define stdout	(&stub_files[1])
#define stderr	(&stub_files[2])
#define EOF		(-1)
#define BUFSIZ		1024
#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define _IOFBF		0
#define _IOLBF		1
#define _IONBF		2
#define STUB_FORMAT(f, a)	__attribute__((__format__(__printf__, f, a)))
int	 asprintf(char **, const char *, ...) STUB_FORMAT(2, 3);
int	 dprintf(int, const char *, ...) STUB_FORMAT(2, 3);
int	 fclose(FILE *);
FILE	*fdopen(int, const char *);
int	 feof(FILE *);
int	 ferror(FILE *);
int	 fflush(FILE *);
int	 fgetc(FILE *);
char	*fgets(char *, int, FILE *);
int	 fileno(FILE *);
FILE	*fopen(const char *, const char *);
int	 fprintf(FILE *, const char *, ...) STUB_FORMAT(2, 3);
int	 fputc(int, FILE *);
int	 fputs(const char *, FILE *);
size_t	 fread(void *, size_t, size_t, FILE *);
size_t	 fwrite(const void *, size_t, size_t, FILE *);
int	 getchar(void);
ssize_t	 getline(char **, size_t *, FILE *);
FILE	*open_memstream(char **, size_t *);
int	 printf(const char *, ...) STUB_FORMAT(1, 2);
int	 putc(int, FILE *);
int	 putchar(int);
int	 puts(const char *);
int	 remove(const char *);
int	 rename(const char *, const char *);
int	 renameat(int, const char *, int, const char *);
int	 setvbuf(FILE *, char *, int, size_t);
int	 snprintf(char *, size_t, const char *, ...) STUB_FORMAT(3, 4);
int	 sprintf(char *, const char *, ...) STUB_FORMAT(2, 3);
int	 sscanf(const char *, const char *, ...)
		    __attribute__((__format__(__scanf__, 2, 3)));
int	 vasprintf(char **, const char *, va_list) STUB_FORMAT(2, 0);
int	 vfprintf(FILE *, const char *, va_list) STUB_FORMAT(2, 0);
int	 vprintf(const char *, va_list) STUB_FORMAT(1, 0);
int	 vsnprintf(char *, size_t, const char *, va_list) STUB_FORMAT(3, 0);
#endif
