using ChildProc.Start;

namespace ChildProc.Tests.Terminals;

public sealed class TerminalOptionsTests
{
    private static readonly ChildProcessStartInfo s_plain = new("git") { StandardOutput = ChildStdio.Terminal };

    [Fact]
    public void Defaults_are_as_documented()
    {
        TerminalOptions options = new();
        Assert.Equal((80, 24, TerminalMode.Cooked, null), (options.Columns, options.Rows, options.Mode, options.Type));
    }

    [Fact]
    public void One_stream_is_enough_whichever_it_is()
    {
        StartInfoValidator.Validate(new("git") { StandardInput = ChildStdio.Terminal, TerminalOptions = new() });
        StartInfoValidator.Validate(new("git") { StandardOutput = ChildStdio.Terminal, TerminalOptions = new() });
        StartInfoValidator.Validate(new("git") { StandardError = ChildStdio.Terminal, TerminalOptions = new() });
        StartInfoValidator.Validate(new(s_plain) { StandardError = ChildStdio.ToStandardOutput, StandardInput = ChildStdio.Pipe, NewSession = true });
        StartInfoValidator.Validate(new(s_plain) { Stop = new(ChildSignal.Hangup, TimeSpan.FromSeconds(1), SignalScope.ProcessGroup) });
    }

    [Fact]
    public void Options_without_a_terminal_are_refused() => Refused("TerminalOptions", new("git") { TerminalOptions = new() });

    [Fact]
    public void A_process_group_beside_the_session_is_refused() => Refused("NewProcessGroup", new(s_plain) { NewProcessGroup = true });

    [Theory]
    [InlineData(0, 24)]
    [InlineData(80, 0)]
    [InlineData(-1, 24)]
    [InlineData(32768, 24)]
    [InlineData(80, 32768)]
    public void Sizes_out_of_range_are_refused(int columns, int rows)
        => Assert.IsType<ArgumentOutOfRangeException>(Refused("TerminalOptions", new(s_plain) { TerminalOptions = new() { Columns = columns, Rows = rows } }));

    [Fact]
    public void Undefined_modes_are_refused() => Refused("TerminalOptions", new(s_plain) { TerminalOptions = new() { Mode = (TerminalMode)3 } });

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Types_that_no_variable_can_hold_are_refused(string type)
        => Refused("TerminalOptions", new(s_plain) { TerminalOptions = new() { Type = type } });

    [Fact]
    public void A_type_beside_a_variable_is_refused() => Refused("TerminalOptions", new(s_plain)
    {
        Environment = new Dictionary<string, string?> { ["TERM"] = "vt100" },
        TerminalOptions = new() { Type = "xterm" },
    });

    private static ArgumentException Refused(string property, ChildProcessStartInfo info)
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(() => StartInfoValidator.Validate(info));
        Assert.Equal(property, exception.ParamName);
        return exception;
    }
}
