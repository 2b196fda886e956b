using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>The forms in which the library's own program may be executed, tried one after the other until it runs.</summary>
/// <remarks>
/// Systems refuse them for different reasons: memfds by seccomp, by vm.memfd_noexec or by a security module, files by
/// read-only and noexec mounts, descriptors by emulators and where /proc is missing. None of that can be known but by trying.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class ProgramForms
{
    private const string FileSwitch = "ChildProc.Guardian.UseFile";
    private static string? s_last; // the name of the form that ran after another one had been refused

    /// <summary>Why this build has no program for this machine, or null.</summary>
    internal static string? WhyMissing()
        => typeof(ProgramForms).Assembly.GetManifestResourceInfo(ResourceName()) is null
            ? $"this build of ChildProc holds no guardian for {RuntimeInformation.RuntimeIdentifier}: no C compiler was present when it was built"
            : null;

    /// <summary>Runs the program in the first form in which it can be run.</summary>
    /// <param name="configuredPath">The program on disk, which is tried alone; null: the one in the library.</param>
    /// <param name="run">Takes the image over.</param>
    /// <exception cref="ProgramUnavailableException">It runs in none.</exception>
    internal static T RunFirst<T>(string? configuredPath, Func<GuardianImage, T> run)
    {
        if (configuredPath is not null)
        {
            return run(GuardianImage.OnDisk(configuredPath));
        }

        if (WhyMissing() is { } reason)
        {
            throw new ProgramUnavailableException(reason, 0);
        }

        byte[] program = Program();
        List<FormUnavailableException> refusals = [];
        Form[] forms = [.. InOrder()];
        for (int i = 0; i < forms.Length;)
        {
            try
            {
                T result = run(forms[i].Make(program));
                if (refusals.Exists(static refusal => refusal.Error != 0))
                {
                    Volatile.Write(ref s_last, forms[i].Name);
                }

                return result;
            }
            catch (FormUnavailableException e) when (!e.MayPass || e.Error is Libc.ENOSPC or Libc.EDQUOT or Libc.ETXTBSY)
            {
                refusals.Add(e);
                bool byChance = e.Error == 0 && refusals.Count(static refusal => refusal.Error == 0) == 1; // somebody may have ended it: once more
                i += byChance ? 0 : 1;
            }
        }

        throw Verdict(refusals);
    }

    // What may pass decides: it may have been the one that runs. And a program that ended without a word just once may have been
    // killed by whomever; twice, it is the system that does not let it run.
    private static ProgramUnavailableException Verdict(List<FormUnavailableException> refusals)
    {
        FormUnavailableException? shortage = refusals.Find(static refusal => refusal.MayPass);
        int silent = refusals.Count(static refusal => refusal.Error == 0);
        string reason = string.Join("; ", refusals.Select(static refusal => refusal.Message).Distinct());
        return new ProgramUnavailableException(reason, shortage?.Error ?? (silent == 1 ? Libc.ECONNRESET : 0));
    }

    private static IEnumerable<Form> InOrder()
    {
        string? last = Volatile.Read(ref s_last);
        return All().OrderByDescending(form => form.Name == last); // a stable sort: the others keep their order
    }

    private static IEnumerable<Form> All()
    {
        if (!AppContext.TryGetSwitch(FileSwitch, out bool filesOnly) || !filesOnly)
        {
            yield return new Form("a memfd", GuardianImage.InMemory);
        }

        string[] directories = [.. ScratchDirectories.Executable()];
        foreach (string directory in directories)
        {
            yield return new Form($"a file without a name in {directory}", program => GuardianImage.Unnamed(directory, program));
        }

        foreach (string directory in directories)
        {
            yield return new Form($"a file in {directory}", program => GuardianImage.Named(directory, program));
        }
    }

    private static byte[] Program()
    {
        using Stream resource = typeof(ProgramForms).Assembly.GetManifestResourceStream(ResourceName())!;
        byte[] program = new byte[resource.Length];
        resource.ReadExactly(program);
        return program;
    }

    private static string ResourceName()
        => "childproc-guardian.linux-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    private readonly record struct Form(string Name, Func<byte[], GuardianImage> Make);
}
