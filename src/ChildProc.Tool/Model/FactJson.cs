using System.Text;
using System.Text.Json;

namespace ChildProc.Tool.Model;

/// <summary>Facts as NDJSON: one object a line, <c>{t, src, seq, pid, tid, kind, data, ref}</c>.</summary>
internal static class FactJson
{
    private const int MostFlags = (int)FactFlags.Gone * 2 - 1;

    internal static void Write(Utf8JsonWriter json, Fact fact)
    {
        json.WriteStartObject();
        json.WriteNumber("t", fact.Time);
        json.WriteString("src", FactNames.Of(fact.Source));
        json.WriteNumber("seq", fact.Sequence);
        json.WriteNumber("pid", fact.Pid);
        json.WriteNumber("tid", fact.Tid);
        json.WriteString("kind", FactNames.Of(fact.Kind));
        json.WriteStartObject("data");
        if (fact.Other != 0)
            json.WriteNumber("other", fact.Other);
        if (fact.Fd >= 0)
            json.WriteNumber("fd", fact.Fd);
        if (fact.Fd2 >= 0)
            json.WriteNumber("fd2", fact.Fd2);
        if (fact.Number != 0)
            json.WriteNumber("number", fact.Number);
        if (fact.Text is not null)
            json.WriteString("text", fact.Text);
        if (fact.Key is not null)
            json.WriteString("key", fact.Key);
        if (fact.Flags != 0)
            json.WriteNumber("flags", (int)fact.Flags);
        json.WriteEndObject();
        if (fact.File is not null)
            json.WriteString("ref", fact.Reference);
        json.WriteEndObject();
    }

    internal static string ToLine(Fact fact)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
            Write(json, fact);
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>Nothing where the line is not a fact: the caller says so, and where.</summary>
    internal static Fact? Parse(string line, string file, long lineNumber)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || !FactNames.TryKind(Text(root, "kind"), out FactKind kind)
                || !FactNames.TrySource(Text(root, "src"), out FactSource source)
                || !root.TryGetProperty("data", out JsonElement data) || data.ValueKind != JsonValueKind.Object)
                return null;
            int flags = Number(data, "flags", 0);
            if (flags is < 0 or > MostFlags)
                return null;
            return new Fact
            {
                Time = root.GetProperty("t").GetInt64(),
                Source = source,
                Sequence = root.GetProperty("seq").GetInt64(),
                Pid = Number(root, "pid", 0),
                Tid = Number(root, "tid", 0),
                Kind = kind,
                Other = Number(data, "other", 0),
                Fd = Number(data, "fd", -1),
                Fd2 = Number(data, "fd2", -1),
                Number = Number(data, "number", 0),
                Text = Text(data, "text"),
                Key = Text(data, "key"),
                Flags = (FactFlags)flags,
                File = file,
                Line = lineNumber,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static int Number(JsonElement from, string name, int otherwise) => from.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : otherwise;

    private static string? Text(JsonElement from, string name) => from.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
