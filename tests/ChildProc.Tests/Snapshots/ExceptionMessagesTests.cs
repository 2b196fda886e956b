using System.Globalization;
using System.Text;
using ChildProc.Start;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Snapshots;

/// <summary>Every message that a caller can meet, in one file to be read as a whole.</summary>
public sealed class ExceptionMessagesTests
{
    private const int ENOENT = 2, EIO = 5, ENOEXEC = 8, EAGAIN = 11, EACCES = 13, EINVAL = 22, EMFILE = 24, EPERM = 1;

    // Values that must not show up in any message.
    private static readonly ChildProcessStartInfo s_info = new("git", "--password=SECRET")
    {
        WorkingDirectory = "/srv/gone",
        Environment = new Dictionary<string, string?> { ["TOKEN"] = "SECRET" },
        Priority = -5,
    };

    private readonly StringBuilder _text = new();

    [Fact]
    public void Start_messages_stay_as_they_are()
    {
        ChildProcessStartInfo script = new("./x.sh");
        Start("not in the PATH", StartStage.Resolve, ENOENT, s_info);
        Start("PATH search fails otherwise", StartStage.Resolve, EACCES, s_info);
        Start("found but not allowed", StartStage.Resolve, EACCES, s_info, "/usr/bin/git");
        Start("not allowed", StartStage.Execute, EACCES, s_info, "/usr/bin/git");
        Start("not there", StartStage.Execute, ENOENT, script, "/tmp/x.sh");
        Start("bad interpreter", StartStage.Execute, ENOENT, script, "/tmp/x.sh", badInterpreter: true);
        Start("no #! line", StartStage.Execute, ENOEXEC, script, "/tmp/x.sh");
        Start("no process", StartStage.Execute, EAGAIN, s_info);
        Start("working directory", StartStage.WorkingDirectory, ENOENT, s_info);
        Start("streams", StartStage.StandardStreams, EMFILE, s_info);
        Start("stream file", StartStage.StandardStreams, EACCES, s_info, "/var/log/x");
        Start("handles", StartStage.Handles, EMFILE, s_info);
        Start("process group", StartStage.Session, EPERM, s_info);
        Start("session", StartStage.Session, EPERM, new(s_info) { NewSession = true });
        Start("credentials", StartStage.Credentials, EPERM, s_info);
        Start("umask", StartStage.Umask, EINVAL, s_info);
        Start("priority", StartStage.Priority, EACCES, s_info);
        Start("limits", StartStage.Limits, EPERM, s_info);
        Start("no new privileges", StartStage.NoNewPrivileges, EINVAL, s_info);
        Start("containment", StartStage.Containment, EIO, s_info);
        Start("containment in detail", StartStage.Containment, EAGAIN, s_info, detail: "the guardian could not fork a supervisor");
        Start("no error number", StartStage.Containment, 0, s_info, detail: "the supervisor ended before it answered");
        Start("unknown error number", StartStage.Execute, 4242, s_info, "/usr/bin/git");
        Start("control characters", StartStage.Resolve, ENOENT, new("a\nb\u001b[2J"));
        Match("start");
    }

    [Fact]
    public void Messages_of_running_children_stay_as_they_are()
    {
        Add("code", new ChildProcessExitException("git", ExitStatus.FromCode(128, default)));
        Add("signal", new ChildProcessExitException("git", ExitStatus.FromSignal(ChildSignal.Kill, core: false, default)));
        Add("core", new ChildProcessExitException("git", ExitStatus.FromSignal(ChildSignal.Abort, core: true, default)));
        Add("unknown status", new ChildProcessExitException("git", ExitStatus.Unknown));
        Add("status alone", new ChildProcessExitException("", ExitStatus.FromCode(1, default)));
        Add("containment lost", new ChildProcessTreeException(TreeFault.ContainmentLost));
        Add("one remains", new ChildProcessTreeException(TreeFault.NotEmpty, ["17 D rsync"]));
        Add("many remain", new ChildProcessTreeException(
            TreeFault.NotEmpty, ["1 D a", "2 D b", "3 D c", "4 D d", "5 D e", "6 D f"]));
        Add("general", new ChildProcessException());
        Match("running");
    }

    [Fact]
    public void Messages_for_faulty_arguments_stay_as_they_are()
    {
        SafeFileHandle closed = new(-1, ownsHandle: false);
        Fault(new(""));
        Fault(new(".."));
        Fault(new("a\0b"));
        Fault(new("git", "SECRET", "SECRET\0"));
        Fault(new("git", "x", null!));
        Fault(new("git") { ArgumentZero = "SECRET\0" });
        Fault(new("git") { WorkingDirectory = "" });
        Fault(new("git") { WorkingDirectory = "/x\0" });
        Fault(new("git") { Environment = new Dictionary<string, string?> { [""] = "SECRET" } });
        Fault(new("git") { Environment = new Dictionary<string, string?> { ["TOKEN=SECRET"] = "SECRET" } });
        Fault(new("git") { Environment = new Dictionary<string, string?> { ["TOKEN\0SECRET"] = "SECRET" } });
        Fault(new("git") { Environment = new Dictionary<string, string?> { ["TOKEN"] = "SECRET\0" } });
        Fault(new("git") { StandardOutput = ChildStdio.ToStandardOutput });
        Fault(new("git") { StandardError = ChildStdio.Handle(closed) });
        Fault(new("git") { StandardInput = ChildStdio.File("x", FileMode.Append) });
        Fault(new("git") { StandardOutput = ChildStdio.File("x", FileMode.Open) });
        Fault(new("git") { InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [2] = closed } });
        Fault(new("git") { InheritedHandles = new Dictionary<int, System.Runtime.InteropServices.SafeHandle> { [3] = closed } });
        Fault(new("git") { Limits = [new((ResourceLimitKind)16, 0, 0)] });
        Fault(new("git") { Limits = [new(ResourceLimitKind.CoreSize, 2, 1)] });
        Fault(new("git") { Limits = [new(ResourceLimitKind.CoreSize, 0, 1), new(ResourceLimitKind.CoreSize, 0, 1)] });
        Fault(new("git") { Containment = (Containment)5 });
        Fault(new("git") { Leftovers = (Leftovers)2 });
        Fault(new("git") { Priority = 20 });
        Fault(new("git") { Umask = (UnixFileMode)512 });
        Fault(new("git") { DrainTimeout = TimeSpan.FromSeconds(-3) });
        Fault(new("git") { CaptureLimit = -1 });
        Match("arguments");
    }

    private void Start(
        string title,
        StartStage stage,
        int errno,
        ChildProcessStartInfo info,
        string? path = null,
        bool badInterpreter = false,
        string? detail = null) =>
        Add(title, ChildProcessStartException.Create(stage, errno, info, path, badInterpreter, detail));

    private void Fault(ChildProcessStartInfo info)
    {
        var exception = Assert.ThrowsAny<ArgumentException>(() => StartInfoValidator.Validate(info));
        Add(exception.ParamName!, exception);
    }

    private void Add(string title, Exception exception) =>
        _text.Append(CultureInfo.InvariantCulture, $"{title}: {exception.Message.ReplaceLineEndings(" ")}\n");

    private void Match(string kind)
    {
        // The words for an error number are the C library's: these are glibc's.
        Assert.SkipUnless(OperatingSystem.IsLinux() && Diagnostics.ErrnoTests.TextIsGlibcs, "Another C library words its errors otherwise.");
        string text = _text.ToString();
        Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
        Snapshot.Match(text, $"ExceptionMessages.{kind}");
    }
}
