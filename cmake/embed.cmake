# cmake -P embed.cmake: files as constant strings of C, so that the program needs no data folder.
#   OUT      the C file to write
#   FILES    the files; a/b/name.gp becomes the array plot_name_gp
#   HEADER   the header that declares the arrays

set(text "/* Made by cmake/embed.cmake. */\n#include \"${HEADER}\"\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  string(REPLACE "." "_" name "${name}")
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND text "\nconst char plot_${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
