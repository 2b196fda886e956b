using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChildProc.Tool.Audit;

/// <summary>
/// What a bundle says of itself; <c>manifest.json</c>. Its properties can be set, for generated code that reads JSON gives
/// init-only ones no default.
/// </summary>
internal sealed record Manifest
{
    internal const int CurrentSchema = 1;

    public int Schema { get; set; } = CurrentSchema;

    public string Tool { get; set; } = "";

    public string Kernel { get; set; } = "";

    public IReadOnlyList<string> Command { get; set; } = [];

    public int RootPid { get; set; }

    /// <summary>The sources that were at work, by name.</summary>
    public IReadOnlyList<string> Sources { get; set; } = [];

    /// <summary>Why the others were not.</summary>
    public IReadOnlyDictionary<string, string> Unavailable { get; set; } = new Dictionary<string, string>();

    /// <summary>CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds, before the run and after.</summary>
    public long ClockOffsetBefore { get; set; }

    public long ClockOffsetAfter { get; set; }

    /// <summary>Descriptors above 2 that the program was given from outside.</summary>
    public IReadOnlyList<string> BaselineDescriptors { get; set; } = [];

    /// <summary>Whether SIGCHLD was ignored from outside.</summary>
    public bool ChildSignalIgnored { get; set; }

    /// <summary>The other files of the bundle and their sizes in bytes: what is cut or missing is noticed.</summary>
    public IReadOnlyDictionary<string, long> Files { get; set; } = new Dictionary<string, long>();

    public int? ExitCode { get; set; }

    public int? ExitSignal { get; set; }

    public bool TimedOut { get; set; }

    public double SettleSeconds { get; set; } = 2;

    internal string Title => Command.Count == 0 ? "" : string.Join(' ', Command);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
