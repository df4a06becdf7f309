# dspex_embed_migrations(ENGINE OUTPUT): generates the source file OUTPUT that
# defines dspex::ENGINE_migrations().
function(dspex_embed_migrations engine output)
  set(directory "${PROJECT_SOURCE_DIR}/migrations/${engine}")
  file(GLOB files CONFIGURE_DEPENDS "${directory}/*.sql")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} -D "DIRECTORY=${directory}"
      -D "FUNCTION=${engine}_migrations" -D "OUTPUT=${output}"
      -P "${PROJECT_SOURCE_DIR}/migrations/embed.cmake"
    DEPENDS ${files} "${PROJECT_SOURCE_DIR}/migrations/embed.cmake"
    COMMENT "Embedding the migrations of ${engine}"
    VERBATIM)
endfunction()
