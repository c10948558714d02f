/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * main() of a target without libFuzzer: an input is what standard input has.
 * AFL++ runs such programs (fuzz-afl.sh); its own mutations take the place of
 * the target's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1024 * 1024)

int LLVMFuzzerInitialize(int *, char ***) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
size_t LLVMFuzzerMutate(uint8_t *, size_t, size_t);

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
	(void)data;
	(void)max;
	return size;
}

int
main(int argc, char *argv[])
{
	static uint8_t all[INPUT_MAX];
	size_t n = fread(all, 1, sizeof(all), stdin);
	uint8_t *input = malloc(n + 1);

	if (input == NULL)
		return 1;
	memcpy(input, all, n);
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	LLVMFuzzerTestOneInput(input, n);
	free(input);
	return 0;
}
