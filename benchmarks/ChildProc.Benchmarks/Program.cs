using System.Reflection;
using BenchmarkDotNet.Running;
using ChildProc.Benchmarks;

if (args is ["gate"])
{
    return await new Gate().RunAsync();
}

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
return 0;
