using System.Globalization;
using System.Net;
using System.Text;

namespace ChildProc.Benchmarks;

/// <summary>Draws the time ratios of all tables in benchmarks/results as one SVG.</summary>
internal static class Chart
{
    private const int Row = 22, Label = 330, Scale = 220, Width = 900;

    internal static int Draw(string directory)
    {
        StringBuilder body = new();
        int y = 20;
        foreach (string path in Directory.EnumerateFiles(directory, "*.md").Order(StringComparer.Ordinal))
        {
            List<(string Method, double Ratio)> bars = [.. Read(File.ReadLines(path))];
            if (bars.Count == 0)
            {
                continue;
            }

            y += Row;
            body.AppendLine(CultureInfo.InvariantCulture, $"  <text x=\"10\" y=\"{y}\" font-weight=\"bold\">{Path.GetFileNameWithoutExtension(path)}</text>");
            foreach ((string method, double ratio) in bars)
            {
                y += Row;
                double width = Math.Min(ratio * Scale, Width - Label - 60);
                string colour = method.StartsWith("ChildProc", StringComparison.Ordinal) ? "#2a7f62" : "#9aa5b1";
                body.AppendLine(CultureInfo.InvariantCulture, $"  <text x=\"24\" y=\"{y}\">{WebUtility.HtmlEncode(method)}</text>");
                body.AppendLine(CultureInfo.InvariantCulture, $"  <rect x=\"{Label}\" y=\"{y - 12}\" width=\"{width:0.#}\" height=\"15\" fill=\"{colour}\"/>");
                body.AppendLine(CultureInfo.InvariantCulture, $"  <text x=\"{Label + width + 6:0.#}\" y=\"{y}\">{ratio:0.###}</text>");
            }

            y += Row / 2;
        }

        StringBuilder svg = new();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{y + 20}\" font-family=\"sans-serif\" font-size=\"13\">");
        svg.AppendLine("  <rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        svg.AppendLine("  <text x=\"10\" y=\"20\">Time beside the baseline of each question (shorter is faster)</text>");
        svg.Append(body);
        svg.AppendLine("</svg>");
        File.WriteAllText(Path.Combine(directory, "ratios.svg"), svg.ToString());
        return 0;
    }

    // The rows of a table whose ratio is a number; with the values of their parameters, if there are any.
    private static IEnumerable<(string Method, double Ratio)> Read(IEnumerable<string> lines)
    {
        string[]? head = null;
        foreach (string line in lines.Where(static line => line.StartsWith('|')))
        {
            string[] cells = [.. line.Trim('|').Split('|').Select(static cell => cell.Trim(' ', '*'))];
            if (head is null)
            {
                head = cells;
                continue;
            }

            int mean = Array.IndexOf(head, "Mean"), ratio = Array.IndexOf(head, "Ratio");
            if (mean > 0 && ratio > 0 && double.TryParse(cells[ratio], CultureInfo.InvariantCulture, out double value))
            {
                yield return (string.Join(' ', cells[..mean]), value);
            }
        }
    }
}
