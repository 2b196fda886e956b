using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using ChildProc.Engines.Supervised;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Supervised;

/// <summary>Wire.cs says the same as src/ChildProc.Guardian/protocol.h: a C program prints what the compiler makes of that.</summary>
public sealed class WireTests
{
    private static readonly (string C, Type Type, (string C, string Net)[] Fields)[] s_structures =
    [
        ("cp_frame", typeof(Wire.Frame), [("type", "Type"), ("version", "FrameVersion"), ("length", "Length")]),
        ("cp_request", typeof(Wire.Request),
        [
            ("flags", "Flags"), ("effective_uid", "EffectiveUid"), ("effective_gid", "EffectiveGid"), ("process_group", "ProcessGroup"),
            ("umask", "Umask"), ("priority", "Priority"), ("uid", "Uid"), ("gid", "Gid"), ("owner_lost_signal", "OwnerLostSignal"),
            ("owner_lost_grace_ms", "OwnerLostGraceMilliseconds"), ("owner_lost_scope", "OwnerLostScope"), ("stdio", "StandardInput"), ("terminal", "Terminal"),
            ("limit_count", "LimitCount"), ("group_count", "GroupCount"), ("handle_count", "HandleCount"), ("path_count", "PathCount"),
            ("argument_count", "ArgumentCount"), ("variable_count", "VariableCount"), ("body_length", "BodyLength"),
        ]),
        ("cp_limit", typeof(Wire.Limit), [("resource", "Resource"), ("soft", "Soft"), ("hard", "Hard")]),
        ("cp_claimed", typeof(Wire.Claimed), [("supervisor_pid", "SupervisorPid"), ("claim", "Claim")]),
        ("cp_started", typeof(Wire.Started), [("pid", "Pid")]),
        ("cp_failed", typeof(Wire.Failed), [("stage", "Stage"), ("error", "Error"), ("path_index", "PathIndex"), ("bad_interpreter", "BadInterpreter")]),
        ("cp_exited", typeof(Wire.Exited),
        [
            ("pid", "Pid"), ("code", "Code"), ("status", "Status"), ("reaped_us", "ReapedMicroseconds"), ("user_us", "UserMicroseconds"), ("system_us", "SystemMicroseconds"),
            ("peak_kb", "PeakKilobytes"),
        ]),
        ("cp_signal", typeof(Wire.Signal), [("signal", "Number"), ("scope", "Scope")]),
        ("cp_signal_failed", typeof(Wire.SignalFailed), [("signal", "Number"), ("error", "Error")]),
        ("cp_hello", typeof(Wire.Hello), [("guardian_pid", "GuardianPid"), ("failed_test", "FailedTest"), ("error", "Error")]),
        ("cp_pool_failed", typeof(Wire.PoolFailed), [("error", "Error")]),
        ("cp_supervisor", typeof(Wire.Supervisor), [("supervisor_pid", "Pid"), ("claim", "Claim")]),
    ];

    [Fact(Timeout = 60_000)]
    public async Task Structures_and_numbers_are_the_same_on_both_sides()
    {
        string compiler = RealProgram.Find("cc", "gcc", "clang");
        string protocol = Path.Combine(Puppet.Metadata("RepositoryPath"), "src/ChildProc.Guardian/protocol.h");
        List<string> expressions = [];
        List<long> expected = [];
        foreach ((string c, Type type, (string C, string Net)[] fields) in s_structures)
        {
            expressions.Add($"sizeof(struct {c})");
            expected.Add(SizeOf(type));
            foreach ((string cField, string field) in fields)
            {
                expressions.Add($"offsetof(struct {c}, {cField})");
                expected.Add((long)System.Runtime.InteropServices.Marshal.OffsetOf(type, field));
            }
        }

        foreach (Wire.FrameType type in Enum.GetValues<Wire.FrameType>())
        {
            expressions.Add("CP_" + string.Concat(type.ToString().Select((ch, i) => i > 0 && char.IsUpper(ch) ? "_" + ch : char.ToUpperInvariant(ch).ToString())));
            expected.Add((long)type);
        }

        expressions.AddRange(["CP_VERSION", "CP_MAX_INLINE", "CP_MAX_BODY", "CP_MAX_HANDLES", "CP_RELEASE_LEFTOVERS", "CP_BODY_IN_MEMFD", "CP_SET_CREDENTIALS", "CP_CONTROLLING_TERMINAL", "CP_TELL_TIME"]);
        expected.AddRange([Wire.Version, Wire.MaxInline, Wire.MaxBody, Wire.MaxHandles, (long)Wire.RequestFlags.ReleaseLeftovers, (long)Wire.RequestFlags.BodyInMemfd, (long)Wire.RequestFlags.SetCredentials, (long)Wire.RequestFlags.ControllingTerminal, (long)Wire.RequestFlags.TellTime]);

        foreach (StartStage stage in Enum.GetValues<StartStage>())
        {
            expressions.Add("CP_STAGE_" + string.Concat(stage.ToString().Select((ch, i) => i > 0 && char.IsUpper(ch) ? "_" + ch : char.ToUpperInvariant(ch).ToString())));
            expected.Add((long)stage);
        }

        List<long> actual = await PrintAsync(compiler, protocol, expressions);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal((expressions[i], expected[i]), (expressions[i], actual[i]));
        }
    }

    private static async Task<List<long>> PrintAsync(string compiler, string protocol, List<string> expressions)
    {
        using TemporaryDirectory directory = TemporaryDirectory.ForPrograms();
        string source = directory["print.c"], program = directory["print"];
        string lines = string.Concat(expressions.Select(static e => $"printf(\"%lld\\n\", (long long)({e}));\n"));
        await File.WriteAllTextAsync(source, $"#include \"{protocol}\"\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {{\n{lines}return 0; }}\n");
        (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(compiler, "-o", program, source))).EnsureSuccess();
        string text = (await ChildProcess.CaptureAsync(new ChildProcessStartInfo(program))).EnsureSuccess().StandardOutput;
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => long.Parse(l, CultureInfo.InvariantCulture))];
    }

    private static long SizeOf(Type type)
        => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf), BindingFlags.Public | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, null)!;
}
