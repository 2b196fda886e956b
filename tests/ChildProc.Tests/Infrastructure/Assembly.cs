using ChildProc.Testing.Xunit;

// Each test, and the whole suite at its end: no process, no descriptor, no thread, no child that nobody disposed.
[assembly: AssertNoLeaks]
