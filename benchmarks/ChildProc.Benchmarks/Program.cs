using System.Reflection;
using BenchmarkDotNet.Running;
using ChildProc.Benchmarks;

if (args is ["gate"])
{
    return await new Gate().RunAsync();
}

if (args is ["chart", var directory])
{
    return Chart.Draw(directory);
}

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
return 0;
