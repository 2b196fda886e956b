using ChildProc.Testing.Xunit;
using Xunit.Sdk;
using Xunit.v3;

// One after the other: what these tests are about belongs to the process. And the checks check themselves.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssertNoLeaks]
