/* For OpenSSL's headers, which stand in for LibreSSL's. */
typedef struct stub_thread	*pthread_t;
typedef struct stub_once	*pthread_once_t;
typedef int			 pthread_key_t;
