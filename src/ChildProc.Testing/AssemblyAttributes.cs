// As in the library: every native declaration is blittable.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]
