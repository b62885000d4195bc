// ProcessPrng, which Go's programs need at their start and Wine 8 lacks, over
// RtlGenRandom, which both have. Only for .ci/wine-test.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID data, ULONG size); // RtlGenRandom

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
	for (; size > 1 << 20; data += 1 << 20, size -= 1 << 20)
		if (!SystemFunction036(data, 1 << 20)) return FALSE;
	return SystemFunction036(data, (ULONG)size);
}
