// Loaded before everything else into a process under test (LD_PRELOAD), it kills that process at a given change of its
// files; see CrashPoint.c. It has no interface of its own.
