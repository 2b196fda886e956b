using System.Runtime.InteropServices;
using ChildProc.Start;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Start;

public sealed class StartInfoValidatorTests
{
    private static SafeFileHandle Open => new(1, ownsHandle: false); // 0 is none on Windows

    private static SafeFileHandle Invalid => new(-1, ownsHandle: false);

    [Fact]
    public void Sound_values_pass() => StartInfoValidator.Validate(new("git", "", "a b", "=", "ü")
    {
        ArgumentZero = "",
        WorkingDirectory = "relative/..",
        Environment = new Dictionary<string, string?> { ["A"] = "x=y\n", ["B"] = "", ["C"] = null, ["a b"] = "1" },
        StandardInput = ChildStdio.File("in", FileMode.Open),
        StandardOutput = ChildStdio.File("out", FileMode.Append),
        StandardError = ChildStdio.ToStandardOutput,
        InheritedHandles = new Dictionary<int, SafeHandle> { [3] = Open, [1_000_000] = Open },
        Priority = -20,
        Umask = (UnixFileMode)0x1FF,
        DrainTimeout = Timeout.InfiniteTimeSpan,
        CaptureLimit = 0,
        OnOwnerLost = StopPolicy.Kill,
        Limits = [new(ResourceLimitKind.CpuTime, 1, 1), new(ResourceLimitKind.RealtimeTime, 0, ResourceLimit.Unlimited)],
    });

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("gi\0t")]
    public void File_names_that_are_no_program_are_refused(string fileName) => Refused("FileName", new(fileName));

    [Theory]
    [InlineData("...")]
    [InlineData("./x")]
    [InlineData("../x")]
    [InlineData("a b")]
    public void Unusual_file_names_are_left_to_the_kernel(string fileName) => StartInfoValidator.Validate(new(fileName));

    [Fact]
    public void NUL_is_refused_wherever_the_kernel_would_cut_it()
    {
        Refused("Arguments", new("git", "a", "b\0"));
        Refused("ArgumentZero", new("git") { ArgumentZero = "\0" });
        Refused("WorkingDirectory", new("git") { WorkingDirectory = "/\0" });
        Refused("Environment", Variable("A\0", "1"));
        Refused("Environment", Variable("A", "1\0"));
    }

    [Fact]
    public void A_faulty_argument_is_named_by_its_index()
    {
        Assert.Contains("Argument 1 ", Refused("Arguments", new("git", "a", "b\0")).Message, StringComparison.Ordinal);
        Assert.Contains("Argument 0 ", Refused("Arguments", new("git", [null!])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_working_directory_is_refused() => Refused("WorkingDirectory", new("git") { WorkingDirectory = "" });

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("=A")]
    [InlineData("A=")]
    public void Names_that_cannot_be_variables_are_refused(string name)
    {
        Refused("Environment", Variable(name, "1"));
        Refused("Environment", Variable(name, null));
    }

    [Fact]
    public void Only_standard_error_can_go_to_standard_output()
    {
        Refused("StandardInput", new("git") { StandardInput = ChildStdio.ToStandardOutput });
        Refused("StandardOutput", new("git") { StandardOutput = ChildStdio.ToStandardOutput });
    }

    [Theory]
    [InlineData(FileMode.Open, true, false)]
    [InlineData(FileMode.Truncate, false, false)]
    [InlineData(FileMode.Create, false, true)]
    [InlineData(FileMode.CreateNew, false, true)]
    [InlineData(FileMode.OpenOrCreate, false, true)]
    [InlineData(FileMode.Append, false, true)]
    public void File_modes_must_fit_the_stream(FileMode mode, bool input, bool output)
    {
        ChildStdio file = ChildStdio.File("x", mode);
        Check(input, "StandardInput", new("git") { StandardInput = file });
        Check(output, "StandardOutput", new("git") { StandardOutput = file });
        Check(output, "StandardError", new("git") { StandardError = file });
    }

    [Fact]
    public void A_file_without_a_mode_fits_every_stream()
    {
        ChildStdio file = ChildStdio.File("x");
        StartInfoValidator.Validate(new("git") { StandardInput = file, StandardOutput = file, StandardError = file });
    }

    [Fact]
    public void Closed_and_invalid_handles_are_refused()
    {
        SafeFileHandle closed = Open;
        closed.Dispose();
        foreach (SafeFileHandle handle in (SafeFileHandle[])[closed, Invalid])
        {
            Refused("StandardInput", new("git") { StandardInput = ChildStdio.Handle(handle) });
            Refused("InheritedHandles", Handles(new() { [3] = handle }));
        }

        Refused("InheritedHandles", Handles(new() { [3] = null! }));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(1_000_001)]
    public void Descriptor_numbers_out_of_range_are_refused(int number) =>
        Refused("InheritedHandles", Handles(new() { [number] = Open }));

    [Fact]
    public void At_most_240_handles_are_taken()
    {
        Dictionary<int, SafeHandle> handles = Enumerable.Range(3, 240).ToDictionary(number => number, SafeHandle (_) => Open);
        StartInfoValidator.Validate(Handles(handles));
        handles.Add(1000, Open);
        Refused("InheritedHandles", Handles(handles));
    }

    [Fact]
    public void Limits_must_be_sound()
    {
        Refused("Limits", new("git") { Limits = [new(ResourceLimitKind.CpuTime, 2, 1)] });
        Refused("Limits", new("git") { Limits = [new((ResourceLimitKind)16, 1, 1)] });
        Refused("Limits", new("git") { Limits = [new((ResourceLimitKind)(-1), 1, 1)] });
        Refused("Limits", new("git") { Limits = [new(ResourceLimitKind.RealtimeTime, 1, 1), new(ResourceLimitKind.RealtimeTime, 1, 1)] });
    }

    [Fact]
    public void Undefined_enumeration_values_are_refused()
    {
        Refused("Containment", new("git") { Containment = (Containment)(-1) });
        Refused("Containment", new("git") { Containment = (Containment)5 });
        Refused("Leftovers", new("git") { Leftovers = (Leftovers)2 });
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        Refused("Priority", new("git") { Priority = -21 });
        Refused("Priority", new("git") { Priority = 20 });
        Refused("Umask", new("git") { Umask = UnixFileMode.StickyBit });
        Refused("DrainTimeout", new("git") { DrainTimeout = TimeSpan.FromMilliseconds(-2) });
        Refused("DrainTimeout", new("git") { DrainTimeout = TimeSpan.FromMilliseconds(-0.5) });
        Refused("DrainTimeout", new("git") { DrainTimeout = TimeSpan.MinValue });
        Refused("CaptureLimit", new("git") { CaptureLimit = -1 });
    }

    [Fact]
    public void Checking_a_plain_start_info_allocates_nothing()
    {
        ChildProcessStartInfo info = new("git", "status") { WorkingDirectory = "/", Priority = 1 };
        StartInfoValidator.Validate(info);
        long before = GC.GetAllocatedBytesForCurrentThread();
        StartInfoValidator.Validate(info);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static ChildProcessStartInfo Variable(string name, string? value) =>
        new("git") { Environment = new Dictionary<string, string?> { [name] = value } };

    private static ChildProcessStartInfo Handles(Dictionary<int, SafeHandle> handles) => new("git") { InheritedHandles = handles };

    private static ArgumentException Refused(string property, ChildProcessStartInfo info)
    {
        var exception = Assert.ThrowsAny<ArgumentException>(() => StartInfoValidator.Validate(info));
        Assert.Equal(property, exception.ParamName);
        Assert.NotNull(typeof(ChildProcessStartInfo).GetProperty(property));
        return exception;
    }

    private static void Check(bool fits, string property, ChildProcessStartInfo info)
    {
        if (fits)
        {
            StartInfoValidator.Validate(info);
        }
        else
        {
            Refused(property, info);
        }
    }
}
