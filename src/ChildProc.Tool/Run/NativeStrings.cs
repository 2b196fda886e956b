using System.Runtime.InteropServices;

namespace ChildProc.Tool.Run;

/// <summary>A NULL-terminated array of C strings.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    internal NativeStrings(IReadOnlyList<byte[]> strings)
    {
        int length = strings.Sum(static s => s.Length + 1);
        Pointer = (byte**)NativeMemory.Alloc((nuint)((strings.Count + 1) * sizeof(byte*) + length));
        byte* text = (byte*)(Pointer + strings.Count + 1);
        for (int i = 0; i < strings.Count; i++)
        {
            Pointer[i] = text;
            strings[i].CopyTo(new Span<byte>(text, strings[i].Length));
            text[strings[i].Length] = 0;
            text += strings[i].Length + 1;
        }

        Pointer[strings.Count] = null;
    }

    internal byte** Pointer { get; private set; }

    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
