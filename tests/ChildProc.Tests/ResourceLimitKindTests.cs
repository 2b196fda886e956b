using System.Globalization;
using System.Text.RegularExpressions;

namespace ChildProc.Tests;

public sealed partial class ResourceLimitKindTests
{
    [Fact]
    public void Numbers_are_those_of_the_kernel_headers()
    {
        const string header = "/usr/include/asm-generic/resource.h";
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(header), "No kernel headers here.");
        Dictionary<string, ResourceLimitKind> kinds = new()
        {
            ["CPU"] = ResourceLimitKind.CpuTime,
            ["FSIZE"] = ResourceLimitKind.FileSize,
            ["DATA"] = ResourceLimitKind.DataSize,
            ["STACK"] = ResourceLimitKind.StackSize,
            ["CORE"] = ResourceLimitKind.CoreSize,
            ["RSS"] = ResourceLimitKind.ResidentSet,
            ["NPROC"] = ResourceLimitKind.Processes,
            ["NOFILE"] = ResourceLimitKind.OpenFiles,
            ["MEMLOCK"] = ResourceLimitKind.LockedMemory,
            ["AS"] = ResourceLimitKind.AddressSpace,
            ["LOCKS"] = ResourceLimitKind.Locks,
            ["SIGPENDING"] = ResourceLimitKind.PendingSignals,
            ["MSGQUEUE"] = ResourceLimitKind.MessageQueues,
            ["NICE"] = ResourceLimitKind.Nice,
            ["RTPRIO"] = ResourceLimitKind.RealtimePriority,
            ["RTTIME"] = ResourceLimitKind.RealtimeTime,
        };
        Dictionary<string, ResourceLimitKind> defined = Definition().Matches(File.ReadAllText(header)).ToDictionary(
            line => line.Groups[1].Value,
            line => (ResourceLimitKind)int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture));
        Assert.Equal(defined, kinds);
        Assert.Equal(Enum.GetValues<ResourceLimitKind>(), kinds.Values.Order());
    }

    [GeneratedRegex(@"^#\s*define\s+RLIMIT_([A-Z]+)\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
