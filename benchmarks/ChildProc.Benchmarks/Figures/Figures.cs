using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ChildProc.Benchmarks;

/// <summary>What no table of means can show: what is left, what is held, and whether the next start is as fast as the first.</summary>
internal sealed class Figures
{
    private readonly StringBuilder _rows = new();

    internal static async Task<int> WriteAsync(string file)
    {
        Figures figures = new();
        await HostTime.MeasureAsync(figures);
        Flatness.MeasureBesideOthers(figures);
        await SupervisorMemory.MeasureAsync(figures);
        await LiveChildren.MeasureAsync(figures);
        await Flatness.MeasureAsync(figures);
        await KillTimes.MeasureAsync(figures);
        await Survivors.MeasureAsync(figures);
        string where = $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}";
        await File.WriteAllTextAsync(file, $"{where}\n\n| what | measured | goal |\n|---|---|---|\n{figures._rows}");
        return 0;
    }

    internal void Add(string what, FormattableString measured, string goal)
    {
        string row = $"| {what} | {measured.ToString(CultureInfo.InvariantCulture)} | {goal} |\n";
        Console.Write(row);
        _rows.Append(row);
    }

    internal static double Quantile(List<double> values, double share)
    {
        values.Sort();
        return values[(int)Math.Min(values.Count - 1, values.Count * share)];
    }
}
