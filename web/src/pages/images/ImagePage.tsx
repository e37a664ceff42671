import './images.css'
import {
  Button,
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Grid,
  GridItem,
  PageSection,
  Skeleton,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { usePlan } from '../../api/plan.ts'
import { reading } from '../../api/query.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { AgoText } from '../../ui/AgoText.tsx'
import { CopyText } from '../../ui/CopyText.tsx'
import { bytesText } from '../../ui/format.ts'
import { Note } from '../../ui/Note.tsx'
import { ImageDialogs } from './ImageDialogs.tsx'
import { ImageState } from './ImageState.tsx'
import { Tags } from './ImageTable.tsx'
import { ImageUsers } from './ImageUsers.tsx'
import { usersOf } from './image-users.ts'
import { downloadOf, type Image, imagePaths } from './images-api.ts'

const progressEveryMs = 3000

/** One image: what it is, its checksum, who needs it. */
export function ImagePage({ kind, id }: { kind: ImageKind; id: string }) {
  const { t } = useTranslation(['images', 'frame'])
  const { dialog, close } = useDialog()
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery({
    ...reading(imagePaths[kind], { params: { path: { id } } }),
    refetchInterval: ({ state }) => (state.data && !state.data.created ? progressEveryMs : false),
  })
  const list = `/images/${kind}`
  return (
    <>
      <PageHead
        title={data?.name ?? id}
        crumbs={[{ title: t(kind === 'disk' ? 'frame:diskImages' : 'frame:mediaImages'), to: list }]}
        state={data && <ImageState image={data} />}
        actions={data && <ImageActions kind={kind} image={data} />}
      />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        {data && !data.created && <Unfinished image={data} />}
        <Grid hasGutter>
          <GridItem lg={8}>{error ? null : <Facts image={data} />}</GridItem>
          <GridItem lg={4}>{data && <UsersCard kind={kind} image={data} />}</GridItem>
        </Grid>
      </PageSection>
      <ImageDialogs
        kind={kind}
        image={data}
        dialog={dialog}
        onClose={close}
        onDeleted={() => void navigate({ to: list })}
      />
    </>
  )
}

function ImageActions({ kind, image }: { kind: ImageKind; image: Image }) {
  const { t } = useTranslation(['images', 'common'])
  const { open } = useDialog()
  const refusal = useMissing('image.write')
  return (
    <>
      <ActionButton variant="secondary" isDanger refusal={refusal} onClick={() => open('delete')}>
        {t('common:delete')}
      </ActionButton>
      {image.created && (
        <Button variant="secondary" component="a" href={downloadOf(kind, image.id)} download>
          {t('download')}
        </Button>
      )}
      {!image.created && (
        <ActionButton variant="secondary" refusal={refusal} onClick={() => open('content')}>
          {t(image.upload === undefined ? 'uploadContent' : 'goOn')}
        </ActionButton>
      )}
      <ActionButton refusal={refusal} onClick={() => open('edit')}>
        {t('common:edit')}
      </ActionButton>
    </>
  )
}

function Unfinished({ image }: { image: Image }) {
  const { t } = useTranslation('images')
  if (image.upload !== undefined) return <Note kind="info" title={t('openUploadText')} />
  return image.progress === 0 ? <Note kind="info" title={t('noContentText')} /> : null
}

function Facts({ image }: { image: Image | undefined }) {
  const { t, i18n } = useTranslation(['images', 'common'])
  if (!image) return <Skeleton height="12rem" screenreaderText={t('common:loading')} />
  const size = (bytes: number) => `${bytesText(bytes, i18n.language)}`
  const facts: [string, ReactNode][] = [
    [t('description'), image.description || t('common:none')],
    [t('tags'), image.tags.length > 0 ? <Tags key="tags" tags={image.tags} /> : t('common:none')],
    [t('owner'), image.owner],
    [t('group'), image.group],
    ...(image.created
      ? ([
          [t('size'), size(image.size)],
          [t('virtualSize'), size(image.virtual_size)],
          [t('format'), image.format],
          [
            t('checksum'),
            image.sha256 && (
              <span key="sha" className="image-digest">
                <CopyText text={image.sha256} />
              </span>
            ),
          ],
        ] satisfies [string, ReactNode][])
      : []),
    [t('createdAt'), <AgoText key="c" time={image.create_time} />],
    [t('modified'), <AgoText key="m" time={image.modify_time} />],
    [t('id'), <CopyText key="id" text={image.id} />],
  ]
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('facts')}</CardTitle>
      <CardBody>
        <DescriptionList isHorizontal isCompact>
          {facts.map(([term, value]) => (
            <DescriptionListGroup key={term}>
              <DescriptionListTerm>{term}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      </CardBody>
    </Card>
  )
}

/** A dry run of its deletion tells who needs it. */
function UsersCard({ kind, image }: { kind: ImageKind; image: Image }) {
  const { t } = useTranslation('images')
  const missing = useMissing('image.write')
  const asked = usePlan(
    'delete',
    imagePaths[kind],
    missing ? undefined : { params: { path: { id: image.id } } },
  )
  const users = usersOf(asked.error)
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('usedBy')}</CardTitle>
      <CardBody>
        {missing ??
          (users.length > 0 ? (
            <ImageUsers users={users} />
          ) : asked.error && image.upload === undefined ? (
            <Refusal error={asked.error} onRetry={() => void asked.refetch()} />
          ) : (
            t('usedByNobody')
          ))}
      </CardBody>
    </Card>
  )
}
