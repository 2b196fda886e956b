using System.Globalization;
using System.Xml;
using ChildProc.Tool.Audit;

namespace ChildProc.Tool.Formats;

/// <summary>One test case for each rule, for the panels of a CI.</summary>
internal static class JUnitFormat
{
    internal static void Write(TextWriter writer, Report report)
    {
        using XmlWriter xml = XmlWriter.Create(writer, new XmlWriterSettings { Indent = true, CheckCharacters = true });
        List<(Rule Rule, List<Finding> Findings)> rules = [.. Rule.All.Select(r => (r, report.Findings.Where(f => f.Rule == r && f.Allowed is null && f.Severity != Severity.Note).ToList()))];
        bool lost = report.Verdict == Verdict.Inconclusive;
        int failures = rules.Count(static r => r.Findings.Exists(static f => f.Severity == Severity.Error)) + (lost ? 1 : 0);
        xml.WriteStartElement("testsuites");
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", "childproc");
        xml.WriteAttributeString("tests", rules.Count.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("failures", failures.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("errors", "0");
        foreach ((Rule rule, List<Finding> findings) in rules)
        {
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("classname", "childproc");
            xml.WriteAttributeString("name", $"{rule.Id} {rule.Title}");
            string text = string.Join('\n', findings.Select(static f => Plain.Text(f.Message)));
            if (rule == Rule.EvidenceLoss && lost)
                Failure(xml, "inconclusive", report.Gaps.Count > 0 ? string.Join('\n', report.Gaps.Select(static g => Plain.Text($"{g.Reason} {g.Reference}"))) : "the sums do not hold");
            else if (findings.Exists(static f => f.Severity == Severity.Error))
                Failure(xml, rule.Kind, text);
            else if (findings.Count > 0)
                xml.WriteElementString("system-out", text);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void Failure(XmlWriter xml, string type, string text)
    {
        xml.WriteStartElement("failure");
        xml.WriteAttributeString("type", type);
        xml.WriteAttributeString("message", text.Split('\n')[0]);
        xml.WriteString(text);
        xml.WriteEndElement();
    }
}
