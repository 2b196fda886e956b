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

if (args is ["figures", var file])
{
    return await Figures.WriteAsync(file);
}

if (args is [Survivors.HostVerb, var library])
{
    return await Survivors.BeHostAsync(library);
}

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
return 0;
