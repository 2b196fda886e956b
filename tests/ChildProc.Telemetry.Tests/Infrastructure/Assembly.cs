using ChildProc.Testing.Xunit;
using Xunit.Sdk;
using Xunit.v3;

// One after the other: a listener hears the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssertNoLeaks]
