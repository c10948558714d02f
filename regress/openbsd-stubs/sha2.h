/* <sys/types.h> comes first: this does not include it. */
#define SHA256_DIGEST_LENGTH		32
#define SHA256_DIGEST_STRING_LENGTH	65
typedef struct {
	u_int64_t	state[8];
	u_int64_t	bitcount[2];
	u_int8_t	buffer[128];
} SHA2_CTX;
void	 SHA256Init(SHA2_CTX *);
void	 SHA256Update(SHA2_CTX *, const void *, size_t);
void	 SHA256Final(u_int8_t *, SHA2_CTX *);
char	*SHA256End(SHA2_CTX *, char *);
char	*SHA256Data(const u_int8_t *, size_t, char *);
